import type { Entry, TaskResult } from "./entry.ts";
import type { Records, Step } from "./frame.ts";
import type { Overlay } from "./overlay.ts";
import type { Read } from "./read.ts";

/** What converge needs of a host: one frame at a time, and somebody to tell. */
export interface Line {
  readonly host: string;
  readonly check: boolean;
  /** The predictions of check mode so far. */
  readonly overlay: Overlay;
  /** Asks in a frame of its own, after `waitMs` on the host. */
  ask(reads: readonly Read<unknown>[], waitMs?: number): Promise<Records>;
  /** Applies a run of steps and asks in the same frame. */
  apply(steps: readonly Step[], records: Records, reads: readonly Read<unknown>[], watch: Watch): Promise<Applied>;
  /** The commands of a task begin. */
  started(entry: Entry): void;
  output(entry: Entry, line: string): void;
  /** A task's result is known. */
  finished(result: TaskResult): void;
}

/** Who is told of the steps of a frame while it runs. */
export interface Watch {
  started(step: Step): void;
  output(step: Step, line: string): void;
  /** Its commands have succeeded. */
  applied(step: Step, durationMs: number): void;
}

/** How far a run came, by the marks that its frame printed. */
export interface Applied {
  /** Status of the commands of each step that ended. */
  readonly done: ReadonlyMap<Step, number>;
  /** The step that was begun and not ended: stopped with the frame. */
  readonly inFlight: Step | undefined;
  /** The name of the deadline that stopped it, or "interrupt". */
  readonly stopped: string | undefined;
  readonly output: readonly string[];
  /** Absent where a step failed or the frame was stopped. */
  readonly records: Records | undefined;
}
