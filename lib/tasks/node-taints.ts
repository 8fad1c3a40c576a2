import { z } from "zod";
import { blocked, type Change, pending, predict } from "../engine/plan.ts";
import { defineTask } from "../engine/task.ts";
import { Kubeconfig, LabelName, LabelValue, NodeName, TaintEffect } from "../params/kubernetes.ts";
import { nodeTaintsRead, sortTaints, type Taint } from "../reads/kubernetes-nodes.ts";
import { kubectlCommand, nodeObstacle, otherReads } from "./node-change.ts";

const Params = z
  .strictObject({
    node: NodeName,
    /** A taint is known by its key and effect; its value is empty unless told. */
    taints: z.array(z.strictObject({ key: LabelName, value: LabelValue.default(""), effect: TaintEffect })).default([]),
    /** Taints that must not be there: with this effect, or with any. */
    absent: z.array(z.strictObject({ key: LabelName, effect: TaintEffect.optional() })).default([]),
    kubeconfig: Kubeconfig,
  })
  .superRefine(({ taints, absent }, context) => {
    if (taints.length + absent.length === 0) context.addIssue({ code: "custom", message: "names no taint" });
    const ids = taints.map(({ key, effect }) => `${key}:${effect}`);
    for (const id of ids.filter((each, index) => ids.indexOf(each) < index)) {
      context.addIssue({ code: "custom", path: ["taints"], message: `${id} is there twice` });
    }
    for (const taint of taints.filter((each) => absent.some((other) => isMeant(each, other)))) {
      const message = `${taint.key}:${taint.effect} is demanded and has to be absent`;
      context.addIssue({ code: "custom", path: ["absent"], message });
    }
  });

/**
 * Taints of a node, and taints that it must not have. Other taints, those of a node's health among them, are left as
 * they are.
 *
 * @example
 * nodeTaints({ node: "gpu-1", taints: [{ key: "example.com/gpu", value: "a100", effect: "NoSchedule" }] });
 * nodeTaints({ node: "cp-1", absent: [{ key: "node-role.kubernetes.io/control-plane" }] });
 * @throws UsageError for parameters that are not valid
 * @see kubectl-taint(1)
 */
export const nodeTaints = defineTask({
  name: "nodeTaints",
  params: Params,
  subject: ({ node, taints, absent }) =>
    `${node} ${[...new Set([...taints, ...absent].map(({ key }) => key))].join(" ")}`,
  reads: (params) => ({ found: ownRead(params) }),
  plan(params, { found }) {
    const { kubeconfig, node, taints, absent } = params;
    const obstacle = nodeObstacle(found, node, kubeconfig);
    if (obstacle !== undefined) return blocked(obstacle);
    const has = found.kind === "found" ? found.found : [];
    const gone = has.filter((taint) => absent.some((other) => isMeant(taint, other)));
    const due = taints.filter((taint) => has.find((each) => isMeant(each, taint))?.value !== taint.value);
    const left = has.filter((taint) => !gone.includes(taint) && !taints.some((each) => isMeant(taint, each)));
    const own = ownRead(params);
    const predicts = [...otherReads(own), predict(own, { kind: "found", found: sortTaints([...left, ...taints]) })];
    const words = [...due.map(demand), ...gone.map(({ key, effect }) => `${key}:${effect}-`)];
    const commands = [kubectlCommand(kubeconfig, ["taint", "--overwrite", "node", node, ...words])];
    const steps = [
      ...due.map((taint) => ({ taint, from: told(has.find((each) => isMeant(each, taint))), to: told(taint) })),
      ...gone.map((taint) => ({ taint, from: told(taint), to: "absent" })),
    ];
    const changes = steps.map(({ taint: { key, effect }, from, to }, index): Change => {
      return {
        what: `taint ${key}:${effect}`,
        from,
        to,
        commands: index === steps.length - 1 ? commands : [],
        predicts,
      };
    });
    return pending(changes, taints.length === 0 ? "not there" : "tainted so");
  },
});

function ownRead({ kubeconfig, node, taints, absent }: z.output<typeof Params>) {
  return nodeTaintsRead(kubeconfig, node, [...new Set([...taints, ...absent].map(({ key }) => key))]);
}

function isMeant(taint: { key: string; effect: string }, other: { key: string; effect?: string | undefined }): boolean {
  return taint.key === other.key && (other.effect === undefined || taint.effect === other.effect);
}

function told(taint: Taint | undefined): string {
  if (taint === undefined) return "absent";
  return taint.value === "" ? "there" : taint.value;
}

function demand({ key, value, effect }: Taint): string {
  return value === "" ? `${key}:${effect}` : `${key}=${value}:${effect}`;
}
