import { z } from "zod";
import { defineRole } from "../../lib/engine/role.ts";
import { ChartSource, Values } from "../../lib/params/chart-values.ts";
import { AbsolutePath } from "../../lib/params/files.ts";
import { Cidr, firstOverlap } from "../../lib/params/ip-ranges.ts";
import { Duration, Kubeconfig } from "../../lib/params/kubernetes.ts";
import { helm } from "../../lib/tasks/helm.ts";
import { kubectl } from "../../lib/tasks/kubectl.ts";
import { calicoValues } from "./calico.ts";
import { calicoCrds } from "./calico-crds.ts";
import { flannelValues } from "./flannel.ts";
import { networkReady } from "./network-ready.ts";

const Image = z.string().regex(/^[a-z0-9][a-z0-9._:/-]*$/i, "has to be an image, with or without a tag");

const Calico = z
  .strictObject({
    chart: ChartSource({ repository: "https://docs.tigera.io/calico/charts", version: "v3.32.4" }),
    /** How packets travel between nodes: in VXLAN only where a router is between them, unless told. */
    encapsulation: z.enum(["VXLANCrossSubnet", "VXLAN", "IPIPCrossSubnet", "IPIP", "None"]).default("VXLANCrossSubnet"),
    /** The address that each node's kubelet has registered, or the networks in which each node has one. */
    nodeAddresses: z.union([z.literal("node-ip"), z.array(Cidr).nonempty()]).default("node-ip"),
    /** Length of the part of the pod network that a node takes at a time. It cannot be changed later. */
    blockSize: z.int().min(20).max(32).default(26),
    values: Values.default({}),
  })
  .prefault({});

const Flannel = z
  .strictObject({
    chart: ChartSource({ repository: "https://flannel-io.github.io/flannel/", version: "v0.28.4" }),
    /** `host-gw` needs all nodes in one network. It should not be changed while pods run. */
    backend: z.enum(["vxlan", "host-gw", "wireguard"]).default("vxlan"),
    /** The interface between the nodes, by name; that of the default route unless told. */
    interface: z
      .string()
      .regex(/^[^\s/]{1,15}$/, "has to be the name of a network interface, such as eth0")
      .optional(),
    /** Images other than the chart's; without a tag the chart's stands. */
    image: Image.optional(),
    cniImage: Image.optional(),
    values: Values.default({}),
  })
  .prefault({});

export const PodNetworkParams = z
  .strictObject({
    provider: z.enum(["calico", "flannel"]).describe("whose network it is; it cannot be changed on a running cluster"),
    podNetwork: Cidr.describe("addresses of pods, as kubeadm was told"),
    serviceNetwork: Cidr.default("10.96.0.0/12").describe("addresses of services; checked to be others"),
    hostNetworks: z.array(Cidr).default([]).describe("networks of the hosts; checked to be others"),
    mtu: z.int().min(576).max(9216).optional().describe("largest packet; default: found by the network itself"),
    cniBinDir: AbsolutePath.default("/opt/cni/bin").describe(
      "where flannel puts its plugin; the role containerd has the same",
    ),
    calico: Calico.describe("settings for Calico; `values` are laid over those of the role"),
    flannel: Flannel.describe("settings for flannel; `values` are laid over those of the role"),
    repair: z
      .boolean()
      .default(false)
      .describe("a release that a killed run left half done is rolled back, or removed, before it is installed again"),
    deadline: Duration.prefault("10m").describe("how long pods of the network and nodes may take to be ready"),
    kubeconfig: Kubeconfig.describe("on the host; has to be an administrator's"),
  })
  .superRefine(({ podNetwork, serviceNetwork, hostNetworks }, context) => {
    const pair = firstOverlap([
      { name: "podNetwork", range: podNetwork },
      { name: "serviceNetwork", range: serviceNetwork },
      ...hostNetworks.map((range) => ({ name: "hostNetworks", range })),
    ]);
    if (pair) context.addIssue({ code: "custom", path: ["podNetwork"], message: `${pair.join(" and ")} overlap` });
  });

/**
 * The network between pods, by Calico's operator or by flannel; one parameter decides. Done when its pods run on the
 * nodes that there are, and these are ready.
 *
 * It needs kubectl and helm on the host, and runs on one control plane.
 *
 * @example
 * podNetwork({ provider: "calico", podNetwork: "10.244.0.0/16", hostNetworks: ["10.0.0.0/24"] })
 * podNetwork({ provider: "flannel", podNetwork: "10.244.0.0/16", flannel: { interface: "eth1" } })
 * @throws UsageError for parameters that are not valid, networks that overlap among them
 * @see Calico documentation, "Install using Helm"; flannel Documentation/kubernetes.md
 */
export const podNetwork = defineRole({
  name: "podNetwork",
  params: PodNetworkParams,
  tasks: ({ provider, calico, flannel, repair, deadline, kubeconfig, ...common }) => {
    const isCalico = provider === "calico";
    const { chart } = isCalico ? calico : flannel;
    const namespace = isCalico ? "tigera-operator" : "kube-flannel";
    return [
      kubectl({ name: `namespace ${namespace}`, manifests: [privilegedNamespace(namespace)], kubeconfig }),
      ...(isCalico ? [calicoCrds({ ...chart, namespace, kubeconfig, deadlineMs: deadline })] : []),
      helm({
        release: provider,
        namespace,
        chart: { ...chart, name: isCalico ? "tigera-operator" : "flannel" },
        values: isCalico ? calicoValues({ ...calico, ...common }) : flannelValues({ ...flannel, ...common }),
        repair,
        deadline: `${deadline}ms`,
        kubeconfig,
      }),
      networkReady({
        ...(isCalico
          ? { namespace: "calico-system", daemonSet: "calico-node" }
          : { namespace, daemonSet: "kube-flannel-ds" }),
        kubeconfig,
        deadlineMs: deadline,
      }),
    ];
  },
});

/** A network's pods change the host's own, so they are refused where a cluster enforces less. */
function privilegedNamespace(name: string): object {
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name, labels: { "pod-security.kubernetes.io/enforce": "privileged" } },
  };
}
