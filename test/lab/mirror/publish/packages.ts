import { join } from "node:path";
import type { KubernetesRelease } from "../versions.ts";
import { helmVersion } from "../versions.ts";
import type { Deb, DebFile } from "./deb.ts";

/** Where the programs of the parts are. */
export interface Programs {
  readonly kubernetes: string;
  readonly criTools: string;
  readonly cniPlugins: string;
  /** Names of the plugins in there. */
  readonly plugins: readonly string[];
}

/** Upstream's first build of a release is revision 1.1. */
const revision = "1.1";

/**
 * The packages of pkgs.k8s.io for one release, with the files, dependencies and scripts that upstream's have, and one
 * more: the programs are one file, in a package whose name carries the version, so that kubeadm may be newer than the
 * kubelet beside it during an upgrade.
 *
 * @see https://github.com/kubernetes/release/tree/master/cmd/krel/templates/latest
 */
export function kubernetesPackages(release: KubernetesRelease, programs: Programs): Deb[] {
  const version = `${release.version}-${revision}`;
  const shared = `kubernetes-programs-${release.version}`;
  const program = `lib/kubernetes/${release.version}/kubernetes`;
  const link: DebFile = { link: `../${program}` };
  return [
    {
      name: shared,
      version,
      description: "kubelet, kubeadm and kubectl of one release in one program",
      files: { [`/usr/${program}`]: { program: programs.kubernetes } },
    },
    {
      name: "kubelet",
      version,
      description: "Node agent for Kubernetes clusters",
      depends: [shared, "kubernetes-cni (>= 1.2.0)", "mount", "util-linux"],
      recommends: ["iptables (>= 1.8.4)"],
      files: {
        "/usr/bin/kubelet": link,
        "/usr/lib/systemd/system/kubelet.service": { text: kubeletUnit },
        "/etc/default/kubelet": { text: "KUBELET_EXTRA_ARGS=\n" },
        // dpkg removes directories that it does not know.
        "/etc/kubernetes/manifests/.kubelet-keep": { text: "" },
        "/var/lib/kubelet/.kubelet-keep": { text: "" },
      },
      conffiles: ["/etc/default/kubelet"],
      postinst: kubeletPostinst,
    },
    {
      name: "kubeadm",
      version,
      description: "Command-line utility for administering a Kubernetes cluster",
      depends: [shared],
      files: {
        "/usr/bin/kubeadm": link,
        "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf": { text: kubeadmDropIn },
      },
    },
    {
      name: "kubectl",
      version,
      description: "Command-line utility for interacting with a Kubernetes cluster",
      depends: [shared],
      files: { "/usr/bin/kubectl": link },
    },
    {
      name: "cri-tools",
      version: `${release.criTools}-${revision}`,
      description: "Command-line utility for interacting with a container runtime",
      files: { "/usr/bin/crictl": { program: programs.criTools } },
    },
    {
      name: "kubernetes-cni",
      version: `${release.cniPlugins}-${revision}`,
      description: "Binaries required to provision container networking",
      files: Object.fromEntries(
        programs.plugins.map((name) => [`/opt/cni/bin/${name}`, { program: join(programs.cniPlugins, name) }]),
      ),
    },
  ];
}

/** As in helm's own repository: the program, and nothing else. */
export function helmPackage(program: string): Deb {
  return {
    name: "helm",
    version: `${helmVersion}-1`,
    description: "The Kubernetes package manager",
    files: { "/usr/bin/helm": { program } },
  };
}

const kubeletUnit = `[Unit]
Description=kubelet: The Kubernetes Node Agent
Documentation=https://kubernetes.io/docs/
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=/usr/bin/kubelet
Restart=always
StartLimitInterval=0
RestartSec=10

[Install]
WantedBy=multi-user.target
`;

/** What kubeadm writes, and where an operator adds to it. */
const kubeadmDropIn = `[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
EnvironmentFile=-/etc/default/kubelet
ExecStart=
ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
`;

/** Enabled by the first installation, never started or restarted: that is the business of who sets it up. */
const kubeletPostinst = `#!/bin/sh
set -e
if [ "$1" = configure ] && [ -z "$2" ] && command -v systemctl >/dev/null; then
  systemctl preset kubelet.service >/dev/null 2>&1 || true
fi
`;
