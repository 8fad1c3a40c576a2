import type { HostReadiness } from "../../lib/reads/host-readiness-record.ts";
import type { Finding } from "./checks.ts";
import type { PreflightNode } from "./nodes.ts";

/** How many minors a kubelet may be older than the apiserver. */
const KUBELET_LAG = 3;

/**
 * What is installed and does not fit to the version that is wanted.
 *
 * @see Kubernetes documentation, "Version Skew Policy"
 */
export function skewFindings(
  { name: host }: PreflightNode,
  { kubelet, kubeadm, apiserver }: HostReadiness,
  wanted: string | undefined,
): readonly Finding[] {
  if (wanted === undefined) return [];
  const found: string[] = [];
  const target = wanted.replace(/^v/, "");
  const lag = (version: string | undefined) => (version === undefined ? 0 : minorOf(target) - minorOf(version));
  if (lag(apiserver) < 0) {
    found.push(
      `the apiserver here is ${apiserver}, newer than the wanted ${target}; a cluster cannot go back a minor version`,
    );
  }
  if (lag(apiserver) > 1) {
    found.push(`the apiserver here is ${apiserver}, and ${target} is wanted; upgrade one minor version at a time`);
  }
  if (lag(kubelet) < 0) {
    found.push(`kubelet is ${kubelet}, newer than the wanted ${target}, which it must not be; install an older one`);
  }
  if (lag(kubelet) > KUBELET_LAG) {
    found.push(
      `kubelet is ${kubelet}, more than ${KUBELET_LAG} minor versions older than the wanted ${target}; upgrade it first`,
    );
  }
  if (Math.abs(lag(kubeadm)) > 1) {
    found.push(
      `kubeadm is ${kubeadm}, which handles ${target} no more than a minor version away; install that of ${target}`,
    );
  }
  const skew = found.map((text) => ({ check: "version-skew", host, text }) as const);
  const isUpgrade =
    apiserver !== undefined && (lag(apiserver) === 0 || lag(apiserver) === 1) && differ(apiserver, target);
  if (!isUpgrade) return skew;
  // Found before anything is changed: packages that ran ahead of their control plane would be half an upgrade.
  const text = `the control plane here is of ${apiserver}, and ${target} is wanted: an upgrade goes node by node, which another configuration does not do; name ${apiserver}, or upgrade by kubeadm first`;
  return [...skew, { check: "upgrade", host, text }];
}

/** A version without a patch stands for all of its minor. */
function differ(version: string, wanted: string): boolean {
  const target = wanted.replace(/^v/, "");
  return !`${version.replace(/^v/, "")}.`.startsWith(`${target}.`);
}

/** A version's minor as a number to compare; those of another major are far away. */
export function minorOf(version: string): number {
  const [major = "0", minor = "0"] = version.replace(/^v/, "").split(".");
  return Number(major) * 1000 + Number.parseInt(minor, 10);
}
