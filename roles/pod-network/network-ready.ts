import { z } from "zod";
import { blocked, pending, unknowable } from "../../lib/engine/plan.ts";
import { defineTask } from "../../lib/engine/task.ts";
import { Kubeconfig, NamespaceName } from "../../lib/params/kubernetes.ts";
import { type NetworkState, networkState } from "./network-state.ts";

const Params = z.strictObject({
  namespace: NamespaceName,
  daemonSet: NamespaceName,
  /** How long it may take. */
  deadlineMs: z.int().positive(),
  kubeconfig: Kubeconfig,
});

/**
 * The network's pods run on the nodes, and the nodes are ready. It does nothing but wait.
 *
 * Nodes are those that the cluster has now. One whose kubelet is silent, because its host is off, is not waited for: no
 * network makes it ready, and a run must not hang on it.
 *
 * @example
 * networkReady({ namespace: "kube-flannel", daemonSet: "kube-flannel-ds", deadlineMs: 300_000 });
 */
export const networkReady = defineTask({
  name: "networkReady",
  params: Params,
  subject: ({ daemonSet }) => daemonSet,
  reads: (params) => ({ state: networkState(params) }),
  plan(params, { state }) {
    if (typeof state === "string") return blocked(`the nodes cannot be asked for by ${params.kubeconfig}: ${state}`);
    const { now, done } = standing(state);
    if (done) return pending([], now);
    return pending([
      {
        what: `daemonset/${params.daemonSet}`,
        from: now,
        to: "available on all of them, nodes ready",
        commands: [],
        // How many pods there will be, and on which nodes, is for the cluster to say.
        predicts: [unknowable(networkState(params))],
        settle: { what: "available, nodes ready", holdMs: 0, deadlineMs: params.deadlineMs },
      },
    ]);
  },
});

/** How a network stands, in a sentence. */
export function standing({ pods, nodes }: NetworkState): { readonly now: string; readonly done: boolean } {
  const silent = nodes.filter(({ ready }) => ready === "Unknown").length;
  const waiting = nodes.filter(({ ready }) => ready === "False").map(({ name }) => name);
  const nodesNow = waiting.length > 0 ? `not ready: ${waiting.join(", ")}` : "nodes ready";
  if (pods === undefined) return { now: `not rolled out, ${nodesNow}`, done: false };
  const { desired, updated, available } = pods;
  const heard = desired - silent;
  const silence = silent > 0 ? `, silent: ${silent}` : "";
  return {
    now: `${available} of ${desired} pods available, ${nodesNow}${silence}`,
    done: nodes.length > 0 && waiting.length === 0 && updated >= heard && available >= heard,
  };
}
