/** A release of Kubernetes, with what its kubeadm asks for (see `constants.go` of its cmd/kubeadm). */
export interface KubernetesRelease {
  readonly version: string;
  /** Version of etcd; the tag of its image has a revision behind it. */
  readonly etcd: string;
  readonly etcdTag: string;
  readonly coredns: string;
  readonly pause: string;
  readonly criTools: string;
  readonly cniPlugins: string;
}

/** Each gets a repository of its minor, images, and an archive of these. Only one of a minor. */
export const kubernetesReleases: readonly KubernetesRelease[] = [
  {
    version: "1.36.4",
    etcd: "3.6.8",
    etcdTag: "3.6.8-0",
    coredns: "1.14.2",
    pause: "3.10.2",
    criTools: "1.36.0",
    cniPlugins: "1.9.1",
  },
];

export const helmVersion = "3.21.4";
export const flannelVersion = "0.28.4";
/** The network plugin that flannel's image brings; this is the newest that can be had as a module. */
export const flannelPluginModule = "0.9.1";
export const metallbVersion = "0.16.1";

/** kube-proxy's rules get lost with the nft 1.0.6 of bookworm: after a restart its verdict maps are empty. */
export const toolsSuite = "trixie";

export function minorOf(version: string): string {
  return version.split(".").slice(0, 2).join(".");
}
