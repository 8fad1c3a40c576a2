import type { Plan } from "../../../lib/engine/plan.ts";
import { type Read, readId } from "../../../lib/engine/read.ts";
import type { Task } from "../../../lib/engine/task.ts";
import { describe } from "../../../lib/shell/sh.ts";

/** A read with the answer that it gives in a row of a table. */
export function given<T>(read: Read<T>, answer: NoInfer<T>): readonly [Read<unknown>, unknown] {
  return [read, answer];
}

/** A read with bytes that a real host printed for it. */
export function printed<T>(read: Read<T>, record: string): readonly [Read<unknown>, unknown] {
  return [read, read.kind.parse(Buffer.from(record), read.key)];
}

/** A task's plan in a state; a read that the row does not give is an error that names it. */
export function planOf(task: Task, state: readonly (readonly [Read<unknown>, unknown])[]): Plan {
  const answers = new Map(state.map(([read, answer]) => [readId(read), answer]));
  return task.plan(<T>(read: Read<T>): T => {
    if (!answers.has(readId(read))) throw new Error(`the row gives no answer to ${read.kind.name} ${read.key}`);
    return answers.get(readId(read)) as T;
  });
}

/** A plan in short: `converged: reason`, `blocked: missing`, or a line a change. */
export function shown(plan: Plan): string {
  if (plan.kind === "converged") return `converged: ${plan.reason}`;
  if (plan.kind === "blocked") return `blocked: ${plan.missing}`;
  return plan.changes.map(({ what, from, to }) => `${what}: ${from} -> ${to}`).join("\n");
}

/** The commands of a plan as text, contents named by their size. */
export function commandsOf(plan: Plan): readonly string[] {
  return plan.kind === "pending" ? plan.changes.flatMap((change) => change.commands.map(describe)) : [];
}
