import type { HostReadiness } from "../../lib/reads/host-readiness-record.ts";
import type { CheckName, Finding } from "./checks.ts";
import { canonicalAddress } from "./ip-range.ts";
import type { PreflightNode } from "./nodes.ts";
import type { PreflightSettings } from "./params.ts";
import { minorOf } from "./version-findings.ts";

/** As the kernel calls them. */
const ARCHITECTURES = new Set(["x86_64", "aarch64"]);

/** The first version whose kubelet refuses control groups of version 1, unless its failCgroupV1 is set to false. */
const CGROUP_V2 = "1.35";

/** What a host lacks, whatever the others are like. */
export function hostFindings(
  node: PreflightNode,
  readiness: HostReadiness,
  settings: Pick<PreflightSettings, "minimumMemoryMib" | "minimumCpus" | "kubernetesVersion">,
): readonly Finding[] {
  const { minimumMemoryMib, minimumCpus, kubernetesVersion = CGROUP_V2 } = settings;
  const found: Finding[] = [];
  const add = (check: CheckName, text: string) => found.push({ check, host: node.name, text });
  const { system, architecture, memoryMib, cpus, missingModules } = readiness;
  const leastMemory = node.role === "worker" ? minimumMemoryMib.worker : minimumMemoryMib.controlPlane;
  const leastCpus = node.role === "worker" ? minimumCpus.worker : minimumCpus.controlPlane;

  if (system !== "Linux" || !ARCHITECTURES.has(architecture)) {
    add("platform", `it is ${system} on ${architecture}; these roles are for Linux on x86_64 or aarch64`);
  }
  if (readiness.cgroupVersion === 1 && minorOf(kubernetesVersion) >= minorOf(CGROUP_V2)) {
    add(
      "cgroup-version",
      "control groups are of version 1, with which kubelet does not start since 1.35; boot with systemd.unified_cgroup_hierarchy=1, or set kubelet's failCgroupV1 to false",
    );
  }
  if (memoryMib < leastMemory) {
    add("memory", `it has ${memoryMib} MiB of memory, a ${node.role} needs ${leastMemory}; give it more`);
  }
  if (cpus < leastCpus) add("cpus", `it has ${count(cpus, "CPU")}, a ${node.role} needs ${leastCpus}; give it more`);
  const swap = swapText(readiness);
  if (swap) add("swap", `${swap}, and kubelet does not start with swap; the task swap or the role base takes it away`);
  if (missingModules.length > 0) {
    const names = missingModules.join(", ");
    add("kernel-modules", `the running kernel has no ${names}; reboot into the installed one, or install its modules`);
  }
  const address = addressText(node, readiness);
  if (address) add("node-address", address);
  if (node.role === "worker" && readiness.files.includes("manifests/kube-apiserver.yaml")) {
    add(
      "cluster",
      "is listed as a worker and has /etc/kubernetes/manifests/kube-apiserver.yaml; list it as a control plane, or take it out of its cluster by `kubeadm reset`",
    );
  }
  return found;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

function swapText({ swap: { active, fstab, units } }: HostReadiness): string | undefined {
  if (active.length > 0) return `it swaps to ${active.join(", ")}`;
  const atBoot = [...fstab.map((spec) => `${spec} of /etc/fstab`), ...units.map(({ name }) => name)];
  return atBoot.length > 0 ? `it will swap after a boot, by ${atBoot.join(", ")}` : undefined;
}

function addressText({ address }: PreflightNode, { addresses }: HostReadiness): string | undefined {
  if (!addresses) return "has no `ip` command, which kubeadm calls; install iproute2";
  const wanted = canonicalAddress(address);
  if (addresses.some((each) => each.address === wanted)) return undefined;
  const others = addresses.filter((each) => !/^(127\.|::1$|fe80:)/.test(each.address));
  const found = others.map((each) => `${each.address} on ${each.interface}`).join(", ") || "none";
  return `no interface has its address ${wanted}, on which etcd and kubelet are to listen (found: ${found}); name one of its own`;
}
