import { planOn } from "./answers.ts";
import type { Records, Step } from "./frame.ts";
import type { Settle } from "./plan.ts";
import { type Read, readId } from "./read.ts";

/** Between two looks at a task that is not converged yet, in milliseconds. */
const LOOK_MS = 200;

/**
 * Reads a task again until its answers were converged, and the same, for as long as its changes want, or the deadline
 * has passed: then the self-check tells what still differs. Its latest records are put into `records`.
 *
 * @returns how often a read was asked
 */
export async function settle(
  { entry: { task }, changes }: Step,
  records: Map<string, Buffer>,
  ask: (reads: readonly Read<unknown>[], waitMs: number) => Promise<Records>,
): Promise<number> {
  const conditions = changes.flatMap((change): Settle[] => (change.settle ? [change.settle] : []));
  if (conditions.length === 0) return 0;
  const holdMs = Math.max(...conditions.map((each) => each.holdMs));
  const deadline = Date.now() + Math.max(...conditions.map((each) => each.deadlineMs));
  const isConverged = () => planOn(task, records).kind === "converged";
  for (let asked = 0; ; ) {
    const steady = isConverged();
    if (steady && holdMs === 0) return asked;
    const before = task.reads.map((read) => records.get(readId(read)));
    for (const [id, record] of await ask(task.reads, steady ? holdMs : LOOK_MS)) records.set(id, record);
    asked += task.reads.length;
    const same = task.reads.every((read, index) => records.get(readId(read))?.equals(before[index] ?? Buffer.alloc(0)));
    if ((steady && same && isConverged()) || Date.now() > deadline) return asked;
  }
}
