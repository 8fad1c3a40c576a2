import type { Entry } from "./entry.ts";
import type { Step } from "./frame.ts";
import type { Change, Plan } from "./plan.ts";
import type { Read } from "./read.ts";

/** Beyond this many bytes of commands a run goes on in the next frame. */
const RUN_BYTES = 4 * 1024 * 1024;

/**
 * The steps of the next frame: the first task that is not converged and the pending ones after it, up to one that is
 * blocked now (what comes before it may help it), one that has to settle, or as much as a frame should carry.
 */
export function nextRun(entries: readonly Entry[], plans: readonly Plan[]): readonly Step[] {
  const steps: Step[] = [];
  let guard: Read<unknown>[] = [];
  let bytes = 0;
  for (const [index, entry] of entries.entries()) {
    const plan = plans[index];
    // What stands before the first step was read in the frame before, and nothing has been changed since.
    if (steps.length > 0 || plan?.kind === "pending") guard.push(...entry.task.reads);
    if (plan?.kind === "converged") continue;
    if (plan?.kind !== "pending") break;
    bytes += sizeOf(plan.changes);
    if (steps.length > 0 && bytes > RUN_BYTES) break;
    steps.push({ index, entry, changes: plan.changes, guard });
    guard = [];
    if (plan.changes.some((change) => change.settle)) break;
  }
  return steps;
}

function sizeOf(changes: readonly Change[]): number {
  const parts = changes.flatMap((change) => change.commands).flatMap((text) => text.parts);
  return parts.reduce((sum, part) => sum + (typeof part === "string" ? part.length : part.bytes.length), 0);
}
