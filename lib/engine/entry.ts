import type { HostwrightError } from "../errors.ts";
import type { ReportedChange, TaskRef, TaskStatus } from "./events.ts";
import type { Change } from "./plan.ts";
import type { Task } from "./task.ts";

/** A task with the role that it stands in. */
export interface Entry {
  readonly ref: TaskRef;
  readonly task: Task;
}

/** A task under the name of its role. */
export function entryOf(role: string, task: Task): Entry {
  return { ref: { role, task: task.name, subject: task.subject }, task };
}

/** What became of one task. */
export interface TaskResult {
  readonly ref: TaskRef;
  readonly status: TaskStatus;
  readonly reason: string;
  readonly changes: readonly ReportedChange[];
  readonly durationMs: number;
  readonly error?: HostwrightError;
}

/** `apt keepalived`: how a task is named in a sentence. */
export function labelOf({ task, subject }: TaskRef): string {
  return `${task} ${subject}`;
}

/** A change as it is reported. */
export function reported({ what, from, to, diff }: Change): ReportedChange {
  return { what, from, to, ...(diff && { diff }) };
}
