import { isDeepStrictEqual } from "node:util";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { converged, pending, predict } from "../../lib/engine/plan.ts";
import { defineTask, type Task } from "../../lib/engine/task.ts";
import { path } from "../../lib/reads/path.ts";
import { textFile } from "../../lib/reads/text-file.ts";
import { sh } from "../../lib/shell/sh.ts";
import { systemd } from "../../lib/tasks/systemd.ts";
import { template } from "../../lib/tasks/template.ts";
import { CPU_STATE, KUBELET_CONFIG, type KubeletSettings } from "./cluster.ts";
import { kubeletSettings } from "./kubelet-settings.ts";
import { kubeletUnknown } from "./predictions.ts";

/**
 * The kubelet of a node that is in a cluster: the settings of the inventory laid over those that kubeadm wrote, the
 * service restarted when they have changed.
 */
export function kubeletTasks(settings: KubeletSettings): readonly Task[] {
  return [
    kubeletSettings({ settings }),
    ...(settings.cpuManagerPolicy === undefined
      ? []
      : [cpuManagerState({ policy: settings.cpuManagerPolicy, reserved: settings.reservedSystemCPUs ?? "" })]),
    template({
      path: KUBELET_CONFIG,
      mode: "0600",
      from: { current: textFile(KUBELET_CONFIG) },
      text: ({ current }) => withSettings(current.kind === "text" ? current.text : "", settings),
    }),
    systemd({ unit: "kubelet.service", state: "started", enabled: true, restartAfter: [KUBELET_CONFIG] }),
  ];
}

/** The file with these settings; the very text where it has them. What is not named stays as kubeadm wrote it. */
export function withSettings(text: string, settings: KubeletSettings): string {
  const current: Record<string, unknown> = parse(text) ?? {};
  const differs = Object.entries(settings).some(([key, value]) => !isDeepStrictEqual(current[key], value));
  return differs ? stringify({ ...current, ...settings }, { lineWidth: 0 }) : text;
}

/**
 * No state of another CPU manager policy, or of other reserved CPUs: the kubelet refuses to start on it. The kubelet is
 * stopped for the removal, and writes a new one when it starts.
 *
 * @see Kubernetes documentation, "Control CPU Management Policies on the Node", changing the policy
 */
export const cpuManagerState = defineTask({
  name: "cpuManagerState",
  params: z.strictObject({ policy: z.enum(["none", "static"]), reserved: z.string() }),
  subject: ({ policy }) => policy,
  reads: () => ({ state: textFile(CPU_STATE) }),
  plan({ policy, reserved }, { state }) {
    if (state.kind !== "text") return converged("there is no state yet");
    const { policyName, defaultCpuSet = "" } = parseState(state.text);
    const shared = new Set(cpusOf(defaultCpuSet));
    const taken = policy === "static" ? cpusOf(reserved).filter((cpu) => !shared.has(cpu)) : [];
    if (policyName === policy && taken.length === 0) return converged(`the state is of policy ${policy}`);
    return pending([
      {
        what: "state of the CPU manager",
        from: policyName === policy ? `reserved CPUs ${taken.join(",")} are given to pods` : `of policy ${policyName}`,
        to: "removed; the kubelet makes a new one",
        commands: [sh`systemctl stop kubelet.service && rm -f ${CPU_STATE}`],
        predicts: [
          predict(textFile(CPU_STATE), { kind: "absent" }),
          predict(path(CPU_STATE), { type: "absent" }),
          kubeletUnknown,
        ],
      },
    ]);
  },
});

function parseState(text: string): { readonly policyName: string; readonly defaultCpuSet?: string } {
  try {
    const value = JSON.parse(text);
    return { policyName: String(value.policyName ?? "unknown"), defaultCpuSet: String(value.defaultCpuSet ?? "") };
  } catch {
    return { policyName: "that cannot be read" };
  }
}

/** @example cpusOf("0-2,5") // [0, 1, 2, 5] */
export function cpusOf(set: string): readonly number[] {
  return set.split(",").flatMap((range) => {
    if (range === "") return [];
    const [from = 0, to = from] = range.split("-").map(Number);
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
}
