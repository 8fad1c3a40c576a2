import pLimit, { type LimitFunction } from "p-limit";
import { entryOf } from "../engine/entry.ts";
import type { Emit, HostStatus, ReportedError, TaskRef } from "../engine/events.ts";
import type { HostListener, HostRun } from "../engine/host-run.ts";
import type { AsyncRole, ListRole, Role } from "../engine/role.ts";
import { HostwrightError, isUnreachable, TaskError } from "../errors.ts";
import type { Secret } from "../secrets/secret.ts";

/** What became of one host in one play. */
export interface HostResult {
  readonly host: string;
  readonly status: HostStatus;
  readonly changed: boolean;
  readonly error?: Error;
}

/** The hosts that have failed in a play, and whether these are more than it allows. */
export class Failures {
  readonly #hosts = new Set<string>();
  readonly #allowed: number;

  constructor(allowed = Number.POSITIVE_INFINITY) {
    this.#allowed = allowed;
  }

  add(host: string): void {
    this.#hosts.add(host);
  }

  get count(): number {
    return this.#hosts.size;
  }

  get tooMany(): boolean {
    return this.count > this.#allowed;
  }
}

/** Runs a role of a host, when it is its turn. @returns false, when the play has had too many failures before it was */
export type Turns = (host: string, role: AsyncRole, work: () => Promise<void>) => Promise<boolean>;

/** Roles that hosts take turns in are run by one at a time, each such role for itself. */
export function takeTurns(failures: Failures): Turns {
  const limits = new Map<string, LimitFunction>();
  return async (host, role, work) => {
    if (!role.oneAtATime) {
      await work();
      return true;
    }
    const limit = limits.get(role.name) ?? pLimit(1);
    limits.set(role.name, limit);
    return limit(async () => {
      if (failures.tooMany) return false;
      try {
        await work();
        return true;
      } catch (error) {
        // Here, so that the next turn knows of it.
        failures.add(host);
        throw error;
      }
    });
  };
}

/** Runs a play's roles on one host. Never rejects: what went wrong is in the result, and was told by an event. */
export async function runHost(
  run: HostRun,
  play: string,
  roles: readonly Role[],
  { emit, signal, turns }: { emit: Emit; signal: AbortSignal; turns: Turns },
): Promise<HostResult> {
  const host = run.name;
  const start = performance.now();
  const before = run.roundTrips;
  const finish = (status: HostStatus, error?: Error): void =>
    emit({
      event: "host-finished",
      host,
      play,
      status,
      roundTrips: run.roundTrips - before,
      durationMs: performance.now() - start,
      ...(error && { error: reportedError(error) }),
    });
  const changes = run.changes;
  const changed = () => run.changes > changes;
  try {
    for (const stretch of stretchesOf(roles)) {
      signal.throwIfAborted();
      if (stretch.kind === "list") {
        await run.converge(stretch.roles.flatMap((role) => role.tasks.map((task) => entryOf(role.name, task))));
      } else if (!(await turns(host, stretch, () => stretch.run(run.asRole(stretch.name))))) {
        emit({ event: "notice", message: `${host}: ${stretch.name} was not begun, since too many hosts have failed` });
        break;
      }
    }
    finish("ok");
    return { host, status: "ok", changed: changed() };
  } catch (thrown) {
    const error = toError(thrown, host, signal);
    const status = signal.aborted ? "interrupted" : isUnreachable(error) ? "unreachable" : "failed";
    finish(status, error);
    return { host, status, changed: changed(), error };
  }
}

/** What was interrupted before it had anything in flight has nothing to tell but that. */
function toError(thrown: unknown, host: string, signal: AbortSignal): Error {
  if (thrown instanceof HostwrightError) return thrown;
  if (signal.aborted) return new TaskError(`${host}: interrupted`);
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

type Stretch = { readonly kind: "list"; readonly roles: ListRole[] } | Exclude<Role, ListRole>;

/** List roles that stand beside each other are one stretch. */
function stretchesOf(roles: readonly Role[]): readonly Stretch[] {
  const stretches: Stretch[] = [];
  for (const role of roles) {
    const last = stretches.at(-1);
    if (role.kind === "async") stretches.push(role);
    else if (last?.kind === "list") last.roles.push(role);
    else stretches.push({ kind: "list", roles: [role] });
  }
  return stretches;
}

/** An error for a report. What is not one of ours is a defect, and keeps its stack. */
export function reportedError(error: Error): ReportedError {
  if (!(error instanceof HostwrightError)) return { kind: "defect", message: error.stack ?? error.message };
  const { kind, message, output } = error;
  return { kind, message, ...(output.length > 0 && { output }) };
}

/** Turns what happens on a host into events. */
export function listenerOf(
  host: string,
  playOf: () => string,
  emit: Emit,
  learned: (secrets: readonly Secret[]) => void,
): HostListener {
  const at = (ref: TaskRef) => ({ host, ...ref });
  return {
    learned,
    connected: (durationMs) => emit({ event: "host-connected", host, durationMs }),
    waiting: (message) => emit({ event: "host-waiting", host, message }),
    started: (ref) => emit({ event: "task-started", ...at(ref) }),
    output: (ref, line) => emit({ event: "task-output", ...at(ref), line }),
    finished: ({ ref, status, reason, changes, durationMs, error }) =>
      emit({
        event: "task-finished",
        ...at(ref),
        play: playOf(),
        status,
        reason,
        changes,
        durationMs,
        ...(error && { error: reportedError(error) }),
      }),
    mispredicted: ({ ref, read, predicted, actual }) =>
      emit({
        event: "notice",
        message:
          `${host}: ${ref.task} ${ref.subject} predicted ${JSON.stringify(predicted)} of ${read}, ` +
          `which then was ${JSON.stringify(actual)}: check mode was wrong here; please report it`,
      }),
  };
}
