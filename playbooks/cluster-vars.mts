// The variables that the inventory of a cluster has.
import { type PlayHost, SecretString } from "hostwright";
import { z } from "zod";

/** What a role takes as it is: the role checks it, and says what is wrong. */
const asItIs = z.unknown();

/** What the inventory says of a cluster. Each mistake is told with its file and line, before any connection. */
export const ClusterVars = z.strictObject({
  /** The address of the API, with the length of its network: `10.0.0.100/24`. Left out: one control plane, no balancer. */
  virtual_address: z.cidrv4().optional(),
  /** The interface that carries it. */
  interface: z.string().default("eth0"),
  /** Unique among the VRRP instances of the network. */
  virtual_router_id: z.int().min(1).max(255).default(51),
  /** `script` in containers, where the kernel does not tell of processes. */
  keepalived_track: z.enum(["process", "script"]).default("process"),
  keepalived_password: SecretString.optional(),
  /** After which an idle connection through the balancer is cut. */
  balancer_idle_timeout: z.string().default("4h"),

  cgroup_driver: z.enum(["systemd", "cgroupfs"]).default("systemd"),
  /** Needed where hosts are containers without CAP_SYS_RESOURCE. */
  restrict_oom_score_adj: z.boolean().default(false),
  /** Mirrors of image registries, by the registry's name. */
  registries: asItIs.optional(),

  /** false: the run ends with the balancer, and hosts are ready for a Kubernetes. */
  kubernetes: z.boolean().default(true),
  kubernetes_version: z.string().default("1.36.4"),
  /** Upstream's repositories unless told. */
  kubernetes_repository: z.string().optional(),
  kubernetes_key: asItIs.optional(),
  helm_version: z.string().default("3.21.4"),
  helm_repository: asItIs.optional(),
  /** A repository that has all charts, in place of upstream's. */
  charts: z.url().optional(),
  image_repository: z.string().default("registry.k8s.io"),
  cluster_name: z.string().default("kubernetes"),
  pod_network: z.string().default("10.244.0.0/16"),
  service_network: z.string().default("10.96.0.0/12"),
  network_provider: z.enum(["calico", "flannel"]).default("calico"),
  /** Addresses for services of the type LoadBalancer; none: no load balancer. */
  load_balancer_addresses: z.array(z.string()).default([]),
  /** Settings of kubelet and kube-proxy, by the names of their configuration files. Those of a host are its own. */
  kubelet: z.record(z.string(), z.unknown()).default({}),
  kube_proxy: z.record(z.string(), z.unknown()).default({}),
  /** Whole CPUs and memory for the control plane's pods, by name: { kube-apiserver: { cpu: "2", memory: 4Gi } }. */
  control_plane_resources: asItIs.optional(),
  /** Ordinary pods run on control planes too. */
  schedulable_control_planes: z.boolean().default(false),
  node_labels: z.record(z.string(), z.string()).default({}),
  node_taints: asItIs.optional(),
  kubeadm_ignore: z.array(z.string()).default([]),
  preflight_allow: z.array(z.string()).default([]),
  /** Take nodes that are neither in the cluster nor out of it apart, and start them again from nothing; the same for charts. */
  repair: z.boolean().default(false),
  /** After changes of the cluster's nodes, each time, or never. */
  smoke_test: z.enum(["after changes", "always", "never"]).default("after changes"),
  smoke_test_image: z.string().optional(),
  /** Where the administrator's access is put on the controller; nowhere unless told. `~` is the home directory. */
  kubeconfig_file: z.string().optional(),
  kubeconfig_context: z.string().default("hostwright"),
});

export type ClusterVars = z.output<typeof ClusterVars>;
export type ClusterHost = PlayHost<ClusterVars>;
