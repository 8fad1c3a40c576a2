import type { Sh } from "../shell/sh.ts";
import type { Read } from "./read.ts";

/** Text before and after, for a diff. `undefined`: absent. `masked`: secret or not text, shown as that and no more. */
export interface TextDiff {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly masked?: "secret" | "binary" | "too large";
}

/**
 * What a change will make a read answer: either the answer itself, or that it cannot be known before the change is
 * applied. `matches` taints reads by what they are: an installed package may bring any unit.
 */
export type Prediction =
  | { readonly kind: "answer"; readonly read: Read<unknown>; readonly answer: unknown }
  | { readonly kind: "unknown"; readonly read: Read<unknown> }
  | { readonly kind: "unknown-where"; readonly matches: (read: Read<unknown>, answer: unknown, peek: Peek) => boolean };

/** The current answer of another read, `undefined` where nobody asked it. */
export type Peek = <T>(read: Read<T>) => T | undefined;

/** The read will answer `answer` after the change. */
export function predict<T>(read: Read<T>, answer: NoInfer<T>): Prediction {
  return { kind: "answer", read, answer };
}

/** What the read will answer cannot be known before the change is applied. */
export function unknowable(read: Read<unknown>): Prediction {
  return { kind: "unknown", read };
}

/** The same for all reads of which `matches` says so, given their answers before the change. */
export function unknowableWhere(matches: (read: Read<unknown>, answer: unknown, peek: Peek) => boolean): Prediction {
  return { kind: "unknown-where", matches };
}

/** What hangs on the file at `path` cannot be known before the change is applied. */
export function unknowableBy(path: string): Prediction {
  return unknowableWhere((read) => read.kind.hangsOn?.(read.key, path) ?? false);
}

/** After the commands: the task's reads have to stay converged, unchanged for `holdMs`, within `deadlineMs`. */
export interface Settle {
  readonly what: string;
  readonly holdMs: number;
  readonly deadlineMs: number;
}

/** One step of a plan. */
export interface Change {
  /** The thing that changes: `content`, `mode`, `package haproxy`. */
  readonly what: string;
  readonly from: string;
  readonly to: string;
  readonly diff?: TextDiff;
  /** Run in order; the first that fails stops the task. */
  readonly commands: readonly Sh[];
  readonly predicts: readonly Prediction[];
  readonly settle?: Settle;
  /** How long its commands may take in all; the session's deadline for changes unless told. */
  readonly deadlineMs?: number;
}

/** What a task wants of a host in the state that its reads describe. */
export type Plan =
  | { readonly kind: "converged"; readonly reason: string }
  | { readonly kind: "pending"; readonly changes: readonly [Change, ...Change[]] }
  | { readonly kind: "blocked"; readonly missing: string };

/** Nothing to do, and why: "already 1, now and after a reboot". */
export function converged(reason: string): Plan {
  return { kind: "converged", reason };
}

/** The task cannot be planned until something else is there: "unit haproxy.service does not exist". */
export function blocked(missing: string): Plan {
  return { kind: "blocked", missing };
}

/** The changes to make, in order; converged with `reason` when there are none. */
export function pending(changes: readonly Change[], reason = "as demanded"): Plan {
  const [first, ...rest] = changes;
  return first ? { kind: "pending", changes: [first, ...rest] } : converged(reason);
}
