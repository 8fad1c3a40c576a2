import { CommandError, type HostwrightError, TaskError } from "../errors.ts";
import { planOn } from "./answers.ts";
import { type Entry, labelOf } from "./entry.ts";
import type { Records, Step } from "./frame.ts";
import type { Applied } from "./line.ts";
import type { Change, Plan } from "./plan.ts";

/** A task at which a converge ends, and why. */
export interface Failure {
  readonly entry: Entry;
  readonly error: HostwrightError;
}

/** Lines of a command's output that are kept with its error, and that are put into its message. */
const KEPT_LINES = 20;
const SHOWN_LINES = 3;

/** The first task that is not converged is blocked, and nothing before it can help. */
export function blockedFailure(host: string, entry: Entry, missing: string): Failure {
  return { entry, error: new TaskError(`${host}: ${labelOf(entry.ref)} is blocked: ${missing}`) };
}

/** A task that was applied, and was converged then, is not any more. */
export function undoneFailure(
  host: string,
  entry: Entry,
  changes: readonly Change[],
  later: readonly Entry[],
): Failure {
  const suspects = later.length > 0 ? ` by one of: ${labels(later)}` : "";
  const message =
    `${host}: ${labelOf(entry.ref)} was applied and then undone${suspects}. It differs again: ${differences(changes)}; ` +
    "two tasks demand different things, or stand in the wrong order";
  return { entry, error: new TaskError(message) };
}

/** A run that did not come to its end: the step at which it ended, and how. */
export function runFailure(host: string, steps: readonly [Step, ...Step[]], applied: Applied): Failure {
  const output = applied.output.slice(-KEPT_LINES);
  const shown = output.length > 0 ? `: ${output.slice(-SHOWN_LINES).join(" / ")}` : "";
  for (const [{ entry, changes }, status] of applied.done) {
    if (status === 0) continue;
    const message = `${host}: ${labelOf(entry.ref)} failed with status ${status} (${differences(changes)})${shown}`;
    return { entry, error: new CommandError(message, { status, output }) };
  }
  const { entry } = applied.inFlight ?? steps[0];
  const message =
    `${host}: ${labelOf(entry.ref)} was ${howStopped(applied.stopped)} while it was applied${shown}; ` +
    "the next run reads what has become of it and goes on from there";
  return { entry, error: new TaskError(message, { output }) };
}

function howStopped(stopped: string | undefined): string {
  if (stopped === undefined) return "ended by something on the host";
  return stopped === "interrupt" ? "interrupted" : `stopped by its deadline "${stopped}"`;
}

/** A step whose commands succeeded, and which is not converged at the end of its run. */
export function convergeFailure(host: string, step: Step, ran: readonly Step[], records: Records): Failure | undefined {
  const { entry } = step;
  const plan = planOn(entry.task, records);
  if (plan.kind === "converged") return undefined;
  const later = ran.slice(ran.indexOf(step) + 1).map((each) => each.entry);
  const suspects = later.length > 0 ? `, unless one of these undid it: ${labels(later)}` : "";
  const message = `${host}: ${labelOf(entry.ref)} did not converge: its commands succeeded, and still ${lacks(plan)}${suspects}`;
  return { entry, error: new TaskError(message) };
}

function lacks(plan: Exclude<Plan, { readonly kind: "converged" }>): string {
  return plan.kind === "blocked" ? plan.missing : differences(plan.changes);
}

function differences(changes: readonly Change[]): string {
  return changes.map(({ what, from, to }) => `${what} is ${from}, wanted ${to}`).join("; ");
}

function labels(entries: readonly Entry[]): string {
  return entries.map(({ ref }) => labelOf(ref)).join(", ");
}
