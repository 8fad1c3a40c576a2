import { planOn } from "./answers.ts";
import { checkTask } from "./check.ts";
import { type Entry, reported, type TaskResult } from "./entry.ts";
import type { Step } from "./frame.ts";
import type { Line } from "./line.ts";
import { type Misprediction, wrongPredictions } from "./mispredictions.ts";
import { nextRun } from "./next-run.ts";
import type { Plan } from "./plan.ts";
import { settle } from "./settle.ts";
import { blockedFailure, convergeFailure, type Failure, runFailure, undoneFailure } from "./verdict.ts";

export interface ConvergeResult {
  /** One a task, in their order. */
  readonly results: readonly TaskResult[];
  readonly mispredictions: readonly Misprediction[];
  /** How often a read was asked, counted by key: each task's reads once for a converged list. */
  readonly readsAsked: number;
}

/**
 * Brings a host to what the tasks demand: reads everything in one frame, then applies runs of pending tasks, each frame
 * ending with a read of everything, until all are converged. In check mode it stops after the plan.
 *
 * @throws TaskError when a task is blocked, does not converge, or is undone by a later one; CommandError when its
 *   commands fail
 */
export async function converge(line: Line, entries: readonly Entry[]): Promise<ConvergeResult> {
  const reads = entries.flatMap((entry) => entry.task.reads);
  let readsAsked = reads.length;
  const records = new Map(await line.ask(reads));
  if (line.check) {
    const results = entries.map((entry) => tell(line, checkTask(entry, records, line.overlay)));
    return { results, mispredictions: [], readsAsked };
  }
  const changed = new Map<Entry, TaskResult>();
  const mispredictions: Misprediction[] = [];
  for (;;) {
    const plans = entries.map((entry) => planOn(entry.task, records));
    const obstacle = obstacleIn(line.host, entries, plans, changed);
    if (obstacle) fail(line, obstacle);
    const [first, ...rest] = nextRun(entries, plans);
    if (!first) return { results: finish(line, entries, plans, changed), mispredictions, readsAsked };
    const steps = [first, ...rest] as const;
    const applied = await line.apply(steps, records, reads, {
      started: ({ entry }) => line.started(entry),
      output: ({ entry }, text) => line.output(entry, text),
      // Told at once: the frame may go on for minutes. That it converged as well is checked at the frame's end.
      applied: (step, durationMs) => changed.set(step.entry, tell(line, changedResult(step, durationMs))),
    });
    if (!applied.records) fail(line, runFailure(line.host, steps, applied));
    for (const [id, record] of applied.records) records.set(id, record);
    readsAsked += reads.length + rest.reduce((sum, step) => sum + step.guard.length, 0);
    const ran = steps.filter((step) => applied.done.has(step));
    for (const step of ran) {
      readsAsked += await settle(step, records, (asked, waitMs) => line.ask(asked, waitMs));
      const failure = convergeFailure(line.host, step, ran, records);
      if (failure) fail(line, failure);
    }
    mispredictions.push(...wrongPredictions(ran, records));
  }
}

/** What ends the converge: the first task that is not converged is blocked, or was applied before. */
function obstacleIn(
  host: string,
  entries: readonly Entry[],
  plans: readonly Plan[],
  changed: ReadonlyMap<Entry, TaskResult>,
): Failure | undefined {
  const index = plans.findIndex((plan) => plan.kind !== "converged");
  const [entry, plan] = [entries[index], plans[index]];
  if (!entry) return undefined;
  if (plan?.kind === "blocked") return blockedFailure(host, entry, plan.missing);
  if (plan?.kind !== "pending" || !changed.has(entry)) return undefined;
  const later = entries.slice(index + 1).filter((each) => changed.has(each));
  return undoneFailure(host, entry, plan.changes, later);
}

/** All are converged: those that were so from the start are told with their reason. */
function finish(
  line: Line,
  entries: readonly Entry[],
  plans: readonly Plan[],
  changed: ReadonlyMap<Entry, TaskResult>,
): readonly TaskResult[] {
  return entries.map((entry, index) => {
    const plan = plans[index];
    const reason = plan?.kind === "converged" ? plan.reason : "";
    return changed.get(entry) ?? tell(line, { ref: entry.ref, status: "ok", reason, changes: [], durationMs: 0 });
  });
}

function changedResult({ entry: { ref }, changes }: Step, durationMs: number): TaskResult {
  return { ref, status: "changed", reason: "applied", changes: changes.map(reported), durationMs };
}

function tell(line: Line, result: TaskResult): TaskResult {
  line.finished(result);
  return result;
}

/** Tells the task's failure and ends the converge. */
function fail(line: Line, { entry: { ref }, error }: Failure): never {
  line.finished({ ref, status: "failed", reason: error.message, changes: [], durationMs: 0, error });
  throw error;
}
