import { defineRole } from "../../lib/engine/role.ts";
import { helm } from "../../lib/tasks/helm.ts";
import { kubectl } from "../../lib/tasks/kubectl.ts";
import { metallbObjects, OWN_KINDS, OWN_LABEL } from "./manifests.ts";
import { MetallbParams } from "./params.ts";
import { metallbValues } from "./values.ts";

/**
 * MetalLB: addresses for services of the type LoadBalancer on machines of one's own, answered for in the hosts' network
 * (L2) or announced to routers (BGP).
 *
 * Pools, peers and advertisements that are taken out of the parameters are removed; those that others made stay. It needs
 * kubectl and helm on the host, and runs on one control plane.
 *
 * @example
 * metallb({ pools: [{ name: "default", addresses: ["10.0.0.200-10.0.0.220"] }] })
 * metallb({
 *   pools: [{ name: "public", addresses: ["203.0.113.0/28"] }],
 *   bgpPeers: [{ name: "tor-1", myAsn: 64512, peerAsn: 64513, peerAddress: "10.0.0.1", password: host.vars.bgp_password }],
 *   bgpAdvertisements: [{ name: "public", pools: ["public"] }],
 * })
 * @throws UsageError for parameters that are not valid; pools that overlap, or that an advertisement names and nobody
 *   has, among them
 * @see MetalLB documentation, "Installation" and "Configuration"
 */
export const metallb = defineRole({
  name: "metallb",
  params: MetallbParams,
  tasks: (params) => {
    const { namespace, chart, repair, deadline, kubeconfig } = params;
    return [
      kubectl({ name: `namespace ${namespace}`, manifests: [namespaceObject(namespace)], kubeconfig }),
      helm({
        release: "metallb",
        namespace,
        chart: { ...chart, name: "metallb" },
        values: metallbValues(params),
        repair,
        deadline: `${deadline}ms`,
        kubeconfig,
      }),
      kubectl({
        name: "pools, peers and advertisements",
        manifests: metallbObjects(params),
        namespace,
        prune: { selector: OWN_LABEL, kinds: OWN_KINDS },
        kubeconfig,
      }),
    ];
  },
});

/** Its speakers answer ARP from the host's own network, which only a privileged namespace allows. */
function namespaceObject(name: string): object {
  const labels = Object.fromEntries(
    ["enforce", "audit", "warn"].map((mode) => [`pod-security.kubernetes.io/${mode}`, "privileged"]),
  );
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
}
