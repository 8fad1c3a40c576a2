import { answerOf } from "./answers.ts";
import { type Entry, labelOf, reported, type TaskResult } from "./entry.ts";
import type { Records } from "./frame.ts";
import { type Overlay, Unknown } from "./overlay.ts";

/** Check mode: a task is planned in the state that the changes before it are predicted to leave. */
export function checkTask({ task, ref }: Entry, records: Records, overlay: Overlay): TaskResult {
  const result = (status: TaskResult["status"], reason: string, changes: TaskResult["changes"] = []): TaskResult => {
    return { ref, status, reason, changes, durationMs: 0 };
  };
  try {
    const plan = task.plan((read) => overlay.answer(read, (actual) => answerOf(actual, records)));
    if (plan.kind === "converged") return result("ok", plan.reason);
    if (plan.kind === "blocked") return result("blocked", plan.missing);
    for (const change of plan.changes) overlay.add(labelOf(ref), change.predicts);
    return result("would-change", "", plan.changes.map(reported));
  } catch (error) {
    if (!(error instanceof Unknown)) throw error;
    overlay.addUnknown(error.until, task.reads);
    return result("unknown", error.message);
  }
}
