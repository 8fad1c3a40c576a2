import { z } from "zod";
import { blocked, converged } from "../engine/plan.ts";
import { defineTask } from "../engine/task.ts";

const Line = z
  .string()
  .min(1)
  .regex(/^[^\n]*$/, "has to be one line");

const Params = z.strictObject({
  /** What is demanded, as a statement: `4 nodes are fit for Kubernetes`. */
  that: Line,
  /** What stands against it, each with its remedy. None: it is so. */
  findings: z.array(Line).readonly(),
});

/**
 * A statement that a role has examined by itself: blocked with all that stands against it, a line each, so that a
 * reader can put everything right before the next run; converged when there is nothing.
 *
 * It asks the host nothing and changes nothing, so it says the same in check mode. What was examined is in `that`,
 * which also names the task in reports.
 *
 * @example
 * await host.converge([assert({ that: "the disks are fit for etcd", findings: slow.map((disk) => `${disk} is slow; …`) })]);
 * @throws UsageError for parameters that are not valid
 */
export const assert = defineTask({
  name: "assert",
  params: Params,
  subject: ({ that }) => that,
  reads: () => ({}),
  plan: ({ findings }) => {
    if (findings.length === 0) return converged("examined, and nothing stands against it");
    if (findings.length === 1) return blocked(findings.join());
    return blocked([`${findings.length} findings`, ...findings.map((finding) => `- ${finding}`)].join("\n"));
  },
});
