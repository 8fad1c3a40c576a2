import pLimit from "p-limit";
import type { Emit } from "../engine/events.ts";
import type { HostRun } from "../engine/host-run.ts";
import type { PreparedHost, PreparedPlay } from "./prepare.ts";
import { Failures, type HostResult, runHost, takeTurns } from "./run-host.ts";

export interface RunContext {
  readonly forks: number;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** The host's connection and state, one for all plays. */
  hostRun(host: PreparedHost, play: string): HostRun;
}

/**
 * Runs plays one after the other; inside a play each host goes at its own pace, `forks` at a time. A host that failed
 * takes no part in later plays; the others go on, unless a play says how many failures are too many.
 *
 * @returns every host's last result
 */
export async function runPlays(plays: readonly PreparedPlay[], context: RunContext): Promise<readonly HostResult[]> {
  const { emit, signal } = context;
  const results = new Map<string, HostResult>();
  const failed = (name: string) => (results.get(name)?.status ?? "ok") !== "ok";
  let stopped = false;
  for (const play of plays) {
    if (stopped || signal.aborted) break;
    const hosts = play.hosts.filter(({ host }) => !failed(host.name));
    if (hosts.length === 0) continue;
    const start = performance.now();
    emit({ event: "play-started", play: play.title, hosts: hosts.map(({ host }) => host.name) });
    const failures = new Failures(play.options.maxFailures);
    const turns = takeTurns(failures);
    for (const batch of batchesOf(hosts, play.options.serial)) {
      if (stopped || signal.aborted) break;
      const limit = pLimit(context.forks);
      const before = failures.count;
      await limit.map(batch, async (each) => {
        if (failures.tooMany) return;
        const run = context.hostRun(each, play.title);
        const outcome = await runHost(run, play.title, each.roles, { ...context, turns });
        if (outcome.status !== "ok") failures.add(outcome.host);
        results.set(outcome.host, merge(results.get(outcome.host), outcome));
      });
      const lost = failures.count - before;
      stopped ||= failures.tooMany || (play.options.serial !== undefined && lost === batch.length);
    }
    emit({ event: "play-finished", play: play.title, durationMs: performance.now() - start });
    if (stopped && !signal.aborted) {
      const rest = plays.slice(plays.indexOf(play) + 1).map(({ title }) => title);
      const left = rest.length > 0 ? `; not run: ${rest.join(", ")}` : "";
      emit({
        event: "notice",
        message: `${play.title}: ${failures.count} of ${hosts.length} hosts failed, so the run ends here${left}`,
      });
    }
  }
  return [...results.values()];
}

function merge(before: HostResult | undefined, after: HostResult): HostResult {
  return before ? { ...after, changed: before.changed || after.changed } : after;
}

/** @example batchesOf(["a", "b", "c"], 2) // [["a", "b"], ["c"]] */
export function batchesOf<T>(
  hosts: readonly T[],
  serial: number | `${number}%` | undefined,
): readonly (readonly T[])[] {
  const size =
    serial === undefined
      ? hosts.length
      : typeof serial === "number"
        ? serial
        : Math.max(1, Math.floor((hosts.length * Number(serial.slice(0, -1))) / 100));
  const batches: (readonly T[])[] = [];
  for (let at = 0; at < hosts.length; at += size) batches.push(hosts.slice(at, at + size));
  return batches;
}
