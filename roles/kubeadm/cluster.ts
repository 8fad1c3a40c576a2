import { z } from "zod";
import { HostName, IpAddress } from "../../lib/params/network.ts";

/** A host of the inventory that is, or is to be, a control plane. */
export const ControlPlane = z.strictObject({ name: HostName, address: IpAddress });
export type ControlPlane = z.output<typeof ControlPlane>;

/** Names of Kubernetes objects and of nodes. @see RFC 1123 */
const Endpoint = z.strictObject({ address: z.union([IpAddress, HostName]), port: z.int().min(1).max(65535) });

const Cidrs = z
  .string()
  .refine(
    (text) => text.split(",").every((each) => z.union([z.cidrv4(), z.cidrv6()]).safeParse(each).success),
    "has to be a range such as 10.244.0.0/16; two of them, with a comma, for both families",
  );

const LabelKey = z
  .string()
  .regex(/^([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/, "is not a label's key");

export const Taint = z.strictObject({
  key: LabelKey,
  value: z.string().optional(),
  effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]),
});

/**
 * Settings of the kubelet, by the names of its configuration file. The ones that are named here are checked; others
 * pass as they are.
 *
 * @see Kubernetes documentation, "Kubelet Configuration (v1beta1)"
 */
export const KubeletSettings = z.looseObject({
  cgroupDriver: z.enum(["systemd", "cgroupfs"]).optional(),
  reservedSystemCPUs: z
    .string()
    .regex(/^\d+(-\d+)?(,\d+(-\d+)?)*$/, "has to be a list of CPUs, such as 0-1 or 0,2-3")
    .optional(),
  cpuManagerPolicy: z.enum(["none", "static"]).optional(),
  systemReserved: z.record(z.string(), z.string()).optional(),
  kubeReserved: z.record(z.string(), z.string()).optional(),
  evictionHard: z.record(z.string(), z.string()).optional(),
});
export type KubeletSettings = z.output<typeof KubeletSettings>;

/** What every node of a cluster, control plane or worker, is told. */
export const nodeParams = {
  name: HostName.describe("the node's name; it is also its etcd member's"),
  address: IpAddress.describe("the node's own address: its InternalIP, and where its API server listens"),
  controlPlanes: z.array(ControlPlane).min(1).describe("all control planes of the inventory, by host name and address"),
  endpoint: Endpoint.describe("where the API is reached by everybody: the virtual address, or the only control plane"),
  bindPort: z
    .int()
    .min(1)
    .max(65535)
    .default(6443)
    .describe("where API servers listen; 6444 behind a stacked balancer"),
  criSocket: z.string().default("unix:///run/containerd/containerd.sock").describe("the container runtime"),
  kubelet: KubeletSettings.default({}).describe("settings of the kubelet, by the names of its configuration file"),
  labels: z.record(LabelKey, z.string()).default({}).describe("labels of the node, for nodeSelector"),
  ignorePreflightErrors: z.array(z.string()).default([]).describe("kubeadm's own checks that may fail, by name"),
  repair: z
    .boolean()
    .default(false)
    .describe("take a node that is neither in nor out of the cluster apart, and start it again from nothing"),
} as const;

/** What belongs to a control plane's static pods, and is the same for requests and limits. */
const Resources = z.strictObject({
  cpu: z.string().regex(/^[1-9]\d*$/, 'has to be whole CPUs, such as "2": only those can be given to a pod alone'),
  memory: z.string().regex(/^\d+(Ki|Mi|Gi)$/, "has to be an amount such as 2Gi"),
});

export const clusterParams = {
  kubernetesVersion: z
    .string()
    .regex(/^\d+\.\d+\.\d+$/, "has to be a version such as 1.36.4")
    .describe("version of the control plane"),
  clusterName: z.string().default("kubernetes").describe("name of the cluster, as in kubeconfigs"),
  podSubnet: Cidrs.default("10.244.0.0/16").describe("addresses of pods; fixed once the cluster exists"),
  serviceSubnet: Cidrs.default("10.96.0.0/12").describe("addresses of services; fixed once the cluster exists"),
  dnsDomain: HostName.prefault("cluster.local").describe("domain of services; fixed once the cluster exists"),
  certSANs: z.array(z.string()).default([]).describe("more names and addresses in the API servers' certificate"),
  imageRepository: z.string().default("registry.k8s.io").describe("where the control plane's images are"),
  kubeProxy: z
    .looseObject({ mode: z.enum(["iptables", "nftables", "ipvs"]).optional() })
    .default({})
    .describe("settings of kube-proxy, by the names of its configuration file"),
  extraArgs: z
    .strictObject({
      apiServer: z.record(z.string(), z.string()).default({}),
      controllerManager: z.record(z.string(), z.string()).default({}),
      scheduler: z.record(z.string(), z.string()).default({}),
      etcd: z.record(z.string(), z.string()).default({}),
    })
    .prefault({})
    .describe("more arguments of the control plane's programs"),
  resources: z
    .strictObject({
      "kube-apiserver": Resources.optional(),
      "kube-controller-manager": Resources.optional(),
      "kube-scheduler": Resources.optional(),
      etcd: Resources.optional(),
    })
    .default({})
    .describe("whole CPUs and memory that the control plane's pods have for themselves (QoS class Guaranteed)"),
  schedulable: z
    .boolean()
    .default(false)
    .describe("ordinary pods may run on control planes: the taint that keeps them away is removed"),
} as const;

export const NodeShape = z.strictObject(nodeParams);
export type NodeParams = z.output<typeof NodeShape>;
export const ClusterShape = z.strictObject({ ...nodeParams, ...clusterParams });
export type ClusterNodeParams = z.output<typeof ClusterShape>;

/** The host's name or address with a port, IPv6 in brackets. */
export function hostPort({ address, port }: { readonly address: string; readonly port: number }): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}

/** The API server of one control plane, past virtual address and balancer: `https://10.0.0.11:6444`. */
export function ownServer({ address, bindPort }: Pick<NodeParams, "address" | "bindPort">): string {
  return `https://${hostPort({ address, port: bindPort })}`;
}

export const KUBEADM = "/etc/kubernetes";
/** kubeadm's patches of this node. */
export const PATCHES = `${KUBEADM}/patches`;
/** What this control plane was last formed with: written last, so its presence says that forming came to its end. */
export const RECORD = `${KUBEADM}/hostwright-kubeadm.yaml`;
export const ADMIN_CONF = `${KUBEADM}/admin.conf`;
export const KUBELET_CONF = `${KUBEADM}/kubelet.conf`;
/** What of the kubelet's configuration is this node's own. */
export const KUBELET_PATCH = `${PATCHES}/kubeletconfiguration+merge.yaml`;
export const KUBELET_CONFIG = "/var/lib/kubelet/config.yaml";
export const CPU_STATE = "/var/lib/kubelet/cpu_manager_state";
