import type { TextDiff } from "./plan.ts";

/** Which task of which role: how it is named in reports. */
export interface TaskRef {
  readonly role: string;
  readonly task: string;
  readonly subject: string;
}

/** A change as it is reported: no commands, nothing that a listener could run. */
export interface ReportedChange {
  readonly what: string;
  readonly from: string;
  readonly to: string;
  readonly diff?: TextDiff;
}

export type TaskStatus = "ok" | "changed" | "would-change" | "unknown" | "blocked" | "failed" | "skipped";

export type HostStatus = "ok" | "failed" | "unreachable" | "interrupted" | "skipped";

export interface HostCounts {
  readonly ok: number;
  readonly changed: number;
  readonly failed: number;
  readonly unreachable: number;
  readonly skipped: number;
}

/** An error as it is reported. */
export interface ReportedError {
  readonly kind: string;
  readonly message: string;
  /** The last lines that the failed command printed. */
  readonly output?: readonly string[];
}

/**
 * Everything that a run tells. The engine knows none of its listeners; each event has gone through the redactor.
 * Counts are of tasks; `unreachable` is 1 where the host was.
 */
export type RunEvent =
  | {
      readonly event: "run-started";
      readonly playbook: string;
      readonly check: boolean;
      readonly plays: readonly { readonly title: string; readonly hosts: readonly string[] }[];
    }
  | { readonly event: "play-started"; readonly play: string; readonly hosts: readonly string[] }
  | { readonly event: "host-connected"; readonly host: string; readonly durationMs: number }
  | { readonly event: "host-waiting"; readonly host: string; readonly message: string }
  | ({ readonly event: "task-started"; readonly host: string } & TaskRef)
  | ({ readonly event: "task-output"; readonly host: string; readonly line: string } & TaskRef)
  | ({
      readonly event: "task-finished";
      readonly host: string;
      readonly play: string;
      readonly status: TaskStatus;
      /** Why it is converged, what blocks it, or what it is unknown until. */
      readonly reason: string;
      readonly changes: readonly ReportedChange[];
      /** Of its commands on the host; 0 where it ran none. */
      readonly durationMs: number;
      readonly error?: ReportedError;
    } & TaskRef)
  | {
      readonly event: "host-finished";
      readonly host: string;
      readonly play: string;
      readonly status: HostStatus;
      readonly roundTrips: number;
      readonly durationMs: number;
      readonly error?: ReportedError;
    }
  | { readonly event: "play-finished"; readonly play: string; readonly durationMs: number }
  | { readonly event: "notice"; readonly message: string }
  | {
      readonly event: "recap";
      readonly hosts: Readonly<Record<string, HostCounts>>;
      readonly durationMs: number;
    };

/** One event without what its emitter adds. */
export type Emit = (event: RunEvent) => void;
