import { mergeValues, type Values } from "../../lib/params/chart-values.ts";

export interface CalicoSettings {
  readonly podNetwork: string;
  readonly mtu?: number | undefined;
  readonly encapsulation: string;
  /** `node-ip`: the address that the kubelet has registered; or the networks in which each node has one. */
  readonly nodeAddresses: "node-ip" | readonly string[];
  readonly blockSize: number;
  readonly values: Values;
}

/**
 * Values of the chart tigera-operator. Calico's own way to find a node's address is the first interface that looks
 * right, which may be that of the virtual address; so it is told.
 *
 * @see Calico documentation, "Installation API"
 */
export function calicoValues(settings: CalicoSettings): Values {
  const { podNetwork, mtu, encapsulation, nodeAddresses, blockSize, values } = settings;
  const calicoNetwork = {
    ipPools: [
      {
        name: "default-ipv4-ippool",
        cidr: podNetwork,
        blockSize,
        encapsulation,
        natOutgoing: "Enabled",
        nodeSelector: "all()",
      },
    ],
    nodeAddressAutodetectionV4:
      nodeAddresses === "node-ip" ? { kubernetes: "NodeInternalIP" } : { cidrs: [...nodeAddresses] },
    ...(mtu !== undefined && { mtu }),
  };
  const own = {
    installation: { enabled: true, cni: { type: "Calico" }, calicoNetwork },
    // Neither is needed for a network; both are on in the chart.
    goldmane: { enabled: false },
    whisker: { enabled: false },
  };
  return mergeValues(own, values);
}
