import { z } from "zod";
import { blocked, type Change, pending, predict } from "../engine/plan.ts";
import { defineTask } from "../engine/task.ts";
import { Kubeconfig, LabelName, LabelValue, NodeName } from "../params/kubernetes.ts";
import { nodeLabelsRead } from "../reads/kubernetes-nodes.ts";
import { kubectlCommand, nodeObstacle, otherReads } from "./node-change.ts";

/**
 * Labels of a node: each has its value, or is not there where `null` is demanded. Other labels are left as they are.
 *
 * Labels show in command lines, as they do to everybody who may look at a node.
 *
 * @example
 * nodeLabels({ node: "worker-1", labels: { "example.com/disk": "ssd", "example.com/old": null } });
 * @throws UsageError for parameters that are not valid
 * @see kubectl-label(1)
 */
export const nodeLabels = defineTask({
  name: "nodeLabels",
  params: z.strictObject({
    node: NodeName,
    /** A text, which may be empty, or `null` for no such label. */
    labels: z.record(LabelName, LabelValue.nullable()).refine((all) => Object.keys(all).length > 0, "names no label"),
    kubeconfig: Kubeconfig,
  }),
  subject: ({ node, labels }) => `${node} ${Object.keys(labels).join(" ")}`,
  reads: ({ kubeconfig, node, labels }) => ({ found: nodeLabelsRead(kubeconfig, node, Object.keys(labels)) }),
  plan({ kubeconfig, node, labels }, { found }) {
    const obstacle = nodeObstacle(found, node, kubeconfig);
    if (obstacle !== undefined) return blocked(obstacle);
    const has = found.kind === "found" ? found.found : {};
    const due = Object.entries(labels).filter(([name, value]) => (has[name] ?? null) !== value);
    const after = Object.entries(labels).filter((entry): entry is [string, string] => entry[1] !== null);
    const own = nodeLabelsRead(kubeconfig, node, Object.keys(labels));
    const predicts = [...otherReads(own), predict(own, { kind: "found", found: Object.fromEntries(after) })];
    const words = due.map(([name, value]) => (value === null ? `${name}-` : `${name}=${value}`));
    const commands = [kubectlCommand(kubeconfig, ["label", "--overwrite", "node", node, ...words])];
    const changes = due.map(([name, value], index): Change => {
      const last = index === due.length - 1;
      const [from, to] = [told(has[name]), told(value ?? undefined)];
      return { what: `label ${name}`, from, to, commands: last ? commands : [], predicts };
    });
    return pending(changes, Object.values(labels).every((value) => value === null) ? "not there" : "labelled so");
  },
});

function told(value: string | undefined): string {
  if (value === undefined) return "absent";
  return value === "" ? "empty" : value;
}
