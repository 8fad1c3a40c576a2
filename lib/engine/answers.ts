import type { Records } from "./frame.ts";
import type { Plan } from "./plan.ts";
import { type Read, readId } from "./read.ts";
import type { Task } from "./task.ts";

/** A task's plan on what was read. */
export function planOn(task: Task, records: Records): Plan {
  return task.plan(<T>(read: Read<T>) => answerOf(read, records));
}

/** The typed answer in what was read. */
export function answerOf<T>(read: Read<T>, records: Records): T {
  const record = records.get(readId(read));
  if (record !== undefined) return read.kind.parse(record, read.key);
  throw new Error(`a plan looked at ${read.kind.name} ${read.key}, which its task does not read`);
}
