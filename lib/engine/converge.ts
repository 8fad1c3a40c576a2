import { isDeepStrictEqual } from "node:util";
import { CommandError, type HostwrightError, TaskError } from "../errors.ts";
import type { ReportedChange, TaskRef, TaskStatus } from "./events.ts";
import type { Records, Step } from "./frame.ts";
import { type Overlay, Unknown } from "./overlay.ts";
import type { Change, Plan, Settle } from "./plan.ts";
import { type Read, readId } from "./read.ts";
import type { Task } from "./task.ts";

/** A task with the role that it stands in. */
export interface Entry {
  readonly ref: TaskRef;
  readonly task: Task;
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

/** A prediction that did not come true: a defect of the task that made it. */
export interface Misprediction {
  readonly ref: TaskRef;
  readonly read: string;
  readonly predicted: unknown;
  readonly actual: unknown;
}

export interface ConvergeResult {
  readonly results: readonly TaskResult[];
  readonly mispredictions: readonly Misprediction[];
  /** How often a read was asked, counted by key: each task's reads once for a converged list. */
  readonly readsAsked: number;
}

/** What converge needs of a host: one frame at a time. */
export interface Line {
  readonly host: string;
  readonly check: boolean;
  readonly overlay: Overlay;
  /** Asks in one frame of its own, after `waitMs` on the host. */
  ask(reads: readonly Read<unknown>[], waitMs?: number): Promise<Records>;
  /** Applies a run of steps and asks in the same frame. */
  apply(steps: readonly Step[], records: Records, reads: readonly Read<unknown>[], watch: Watch): Promise<Applied>;
  /** A task's result is known: reported at once. */
  report(result: TaskResult): void;
}

export interface Watch {
  started(index: number): void;
  output(index: number, line: string): void;
  /** Its commands have succeeded. */
  applied(index: number, durationMs: number): void;
}

/** How far a run came, by the marks that its frame printed. */
export interface Applied {
  /** Status of the commands of each step that ended. */
  readonly done: ReadonlyMap<number, number>;
  /** The step that was begun and not ended: stopped with the frame. */
  readonly inFlight: number | undefined;
  readonly stopped: string | undefined;
  readonly output: readonly string[];
  /** Absent where a step failed or the frame was stopped. */
  readonly records: Records | undefined;
}

/** Beyond this many bytes of commands a run goes on in the next frame. */
const RUN_BYTES = 4 * 1024 * 1024;

/**
 * Brings a host to what the tasks demand: reads everything in one frame, then applies runs of pending tasks, each frame
 * ending with a read of everything, until all are converged. In check mode it stops after the plan.
 *
 * @throws TaskError when a task is blocked, fails, does not converge, or is undone by a later one
 */
export async function converge(line: Line, entries: readonly Entry[], watch: WatchTasks): Promise<ConvergeResult> {
  const reads = entries.flatMap((entry) => entry.task.reads);
  let readsAsked = reads.length;
  const records = new Map(await line.ask(reads));
  if (line.check) return { results: checkAll(line, entries, records), mispredictions: [], readsAsked };

  const results = new Map<number, TaskResult>();
  const mispredictions: Misprediction[] = [];
  for (;;) {
    const plans = entries.map((entry) => planOn(entry.task, records));
    const first = plans.findIndex((plan) => plan.kind !== "converged");
    if (first < 0) break;
    const steps = nextRun(entries, plans, first);
    refuseUnlessNew(line, entries, plans, first, results);
    const applied = await line.apply(steps, records, reads, {
      started: (index) => watch.started(entryAt(entries, index)),
      output: (index, text) => watch.output(entryAt(entries, index), text),
      // Told at once: the frame may go on for minutes. That it converged as well is checked at the frame's end.
      applied: (index, durationMs) => {
        const changes = steps.find((step) => step.index === index)?.changes.map(reported) ?? [];
        const { ref } = entryAt(entries, index);
        const result: TaskResult = { ref, status: "changed", reason: "applied", changes, durationMs };
        results.set(index, result);
        line.report(result);
      },
    });
    readsAsked += steps.slice(1).reduce((sum, step) => sum + step.guard.length, 0);
    if (!applied.records) failRun(line, entries, steps, applied);
    readsAsked += reads.length;
    for (const [id, record] of applied.records) records.set(id, record);
    const ran = steps.filter((step) => applied.done.has(step.index));
    for (const step of ran) {
      const entry = entryAt(entries, step.index);
      readsAsked += await settle(line, entry, step.changes, records);
      refuseUnlessConverged(line, entry, ran, entries, records);
    }
    mispredictions.push(...wrongPredictions(entries, ran, records));
  }
  entries.forEach((entry, index) => {
    if (results.has(index)) return;
    const plan = planOn(entry.task, records);
    const reason = plan.kind === "converged" ? plan.reason : "";
    const result: TaskResult = { ref: entry.ref, status: "ok", reason, changes: [], durationMs: 0 };
    results.set(index, result);
    line.report(result);
  });
  return { results: entries.map((_, index) => results.get(index) as TaskResult), mispredictions, readsAsked };
}

/** Who is told of commands that run now. */
export interface WatchTasks {
  started(entry: Entry): void;
  output(entry: Entry, line: string): void;
}

/** A task's plan on what was read. */
export function planOn(task: Task, records: Records): Plan {
  return task.plan(<T>(read: Read<T>) => answerOf(read, records));
}

export function answerOf<T>(read: Read<T>, records: Records): T {
  const record = records.get(readId(read));
  if (record === undefined)
    throw new Error(`a plan looked at ${read.kind.name} ${read.key}, which its task does not read`);
  return read.kind.parse(record, read.key);
}

/** Check mode: each task is planned in the state that the changes before it are predicted to leave. */
function checkAll(line: Line, entries: readonly Entry[], records: Records): readonly TaskResult[] {
  return entries.map((entry) => {
    const result = checkOne(line, entry, records);
    line.report(result);
    return result;
  });
}

function checkOne(line: Line, { task, ref }: Entry, records: Records): TaskResult {
  const label = labelOf(ref);
  try {
    const plan = task.plan((read) => line.overlay.answer(read, (actual) => answerOf(actual, records)));
    if (plan.kind === "converged") return { ref, status: "ok", reason: plan.reason, changes: [], durationMs: 0 };
    if (plan.kind === "blocked") return { ref, status: "blocked", reason: plan.missing, changes: [], durationMs: 0 };
    for (const change of plan.changes) line.overlay.add(label, change.predicts);
    const changes = plan.changes.map(reported);
    return { ref, status: "would-change", reason: "", changes, durationMs: 0 };
  } catch (error) {
    if (!(error instanceof Unknown)) throw error;
    line.overlay.addUnknown(error.until, task.reads);
    return { ref, status: "unknown", reason: error.message, changes: [], durationMs: 0 };
  }
}

/** `apt keepalived`: how a task is named in a sentence. */
export function labelOf({ task, subject }: TaskRef): string {
  return `${task} ${subject}`;
}

function entryAt(entries: readonly Entry[], index: number): Entry {
  const entry = entries[index];
  if (!entry) throw new RangeError(`no task ${index}`);
  return entry;
}

/**
 * The steps of the next frame: the first task that is not converged and the pending ones after it, up to one that is
 * blocked now (what comes before it may help it), one that has to settle, or as much as a frame should carry.
 */
function nextRun(entries: readonly Entry[], plans: readonly Plan[], first: number): readonly Step[] {
  const steps: Step[] = [];
  let guard: Read<unknown>[] = [];
  let bytes = 0;
  for (let index = first; index < plans.length; index++) {
    const plan = plans[index];
    const { task, ref } = entryAt(entries, index);
    guard.push(...task.reads);
    if (plan?.kind === "converged") continue;
    if (plan?.kind !== "pending") break;
    bytes += sizeOf(plan.changes);
    if (steps.length > 0 && bytes > RUN_BYTES) break;
    steps.push({ index, label: labelOf(ref), changes: plan.changes, guard });
    guard = [];
    if (plan.changes.some((change) => change.settle)) break;
  }
  return steps;
}

function sizeOf(changes: readonly Change[]): number {
  const parts = changes.flatMap((change) => change.commands).flatMap((text) => text.parts);
  return parts.reduce((sum, part) => sum + (typeof part === "string" ? part.length : part.bytes.length), 0);
}

/** The first task that is not converged has to be one that can be applied, and was not applied before. */
function refuseUnlessNew(
  line: Line,
  entries: readonly Entry[],
  plans: readonly Plan[],
  first: number,
  results: ReadonlyMap<number, TaskResult>,
): void {
  const plan = plans[first];
  const entry = entryAt(entries, first);
  const label = labelOf(entry.ref);
  if (plan?.kind === "blocked") fail(line, entry, new TaskError(`${line.host}: ${label} is blocked: ${plan.missing}`));
  if (plan?.kind !== "pending" || !results.has(first)) return;
  const later = [...results.keys()].filter((index) => index > first).map((index) => entryAt(entries, index).ref);
  const suspects = later.length > 0 ? ` by one of: ${later.map(labelOf).join(", ")}` : "";
  const message =
    `${line.host}: ${label} was applied and then undone${suspects}. It differs again: ${differences(plan.changes)}; ` +
    "two tasks demand different things, or stand in the wrong order";
  fail(line, entry, new TaskError(message));
}

/** A run that did not come to its end fails with the step at which it ended. */
function failRun(line: Line, entries: readonly Entry[], steps: readonly Step[], applied: Applied): never {
  const said = applied.output.slice(-20);
  const shown = said.length > 0 ? `: ${said.slice(-3).join(" / ")}` : "";
  const failed = [...applied.done].find(([, status]) => status !== 0);
  if (failed) {
    const [index, status] = failed;
    const entry = entryAt(entries, index);
    const what = differences(steps.find((step) => step.index === index)?.changes ?? []);
    const message = `${line.host}: ${labelOf(entry.ref)} failed with status ${status} (${what})${shown}`;
    fail(line, entry, new CommandError(message, { status, output: said }));
  }
  const entry = entryAt(entries, applied.inFlight ?? steps[0]?.index ?? 0);
  const why =
    applied.stopped === undefined
      ? "ended by something on the host"
      : applied.stopped === "interrupt"
        ? "interrupted"
        : `stopped by its deadline "${applied.stopped}"`;
  const message =
    `${line.host}: ${labelOf(entry.ref)} was ${why} while it was applied${shown}; ` +
    "the next run reads what has become of it and goes on from there";
  fail(line, entry, new TaskError(message, { output: said }));
}

/** Reports the task as failed and ends the converge. */
function fail(line: Line, { ref }: Entry, error: HostwrightError): never {
  line.report({ ref, status: "failed", reason: error.message, changes: [], durationMs: 0, error });
  throw error;
}

function refuseUnlessConverged(
  line: Line,
  entry: Entry,
  ran: readonly Step[],
  entries: readonly Entry[],
  records: Records,
): void {
  const plan = planOn(entry.task, records);
  if (plan.kind === "converged") return;
  const label = labelOf(entry.ref);
  const differs = plan.kind === "blocked" ? plan.missing : differences(plan.changes);
  const own = ran.findIndex((step) => entryAt(entries, step.index) === entry);
  const later = ran.slice(own + 1).map((step) => labelOf(entryAt(entries, step.index).ref));
  const suspects = later.length > 0 ? `, unless one of these undid it: ${later.join(", ")}` : "";
  const message = `${line.host}: ${label} did not converge: its commands succeeded, and still ${differs}${suspects}`;
  fail(line, entry, new TaskError(message));
}

function differences(changes: readonly Change[]): string {
  return changes.map(({ what, from, to }) => `${what} is ${from}, wanted ${to}`).join("; ");
}

/** Reads a task again until its settle conditions hold; its latest records are put into `records`. */
async function settle(
  line: Line,
  { task }: Entry,
  changes: readonly Change[],
  records: Map<string, Buffer>,
): Promise<number> {
  const conditions = changes.flatMap((change): Settle[] => (change.settle ? [change.settle] : []));
  if (conditions.length === 0) return 0;
  const holdMs = Math.max(...conditions.map((each) => each.holdMs));
  const deadline = Date.now() + Math.max(...conditions.map((each) => each.deadlineMs));
  let asked = 0;
  for (;;) {
    const steady = planOn(task, records).kind === "converged";
    if (steady && holdMs === 0) return asked;
    const before = task.reads.map((read) => records.get(readId(read)));
    const again = await line.ask(task.reads, steady ? holdMs : 200);
    asked += task.reads.length;
    for (const [id, record] of again) records.set(id, record);
    const same = task.reads.every((read, index) => records.get(readId(read))?.equals(before[index] ?? Buffer.alloc(0)));
    if (steady && same && planOn(task, records).kind === "converged") return asked;
    // Past the deadline the self-check tells what still differs.
    if (Date.now() > deadline) return asked;
  }
}

/** Predictions of a run against what was read at its end; the last one for a read counts. */
function wrongPredictions(entries: readonly Entry[], ran: readonly Step[], records: Records): readonly Misprediction[] {
  const last = new Map<string, { ref: TaskRef; read: Read<unknown>; answer: unknown }>();
  for (const step of ran) {
    const { ref } = entryAt(entries, step.index);
    for (const prediction of step.changes.flatMap((change) => change.predicts)) {
      if (prediction.kind === "unknown-where") continue;
      const id = readId(prediction.read);
      if (prediction.kind === "unknown") last.delete(id);
      else last.set(id, { ref, read: prediction.read, answer: prediction.answer });
    }
  }
  return [...last].flatMap(([id, { ref, read, answer }]): Misprediction[] => {
    if (!records.has(id)) return [];
    const actual = answerOf(read, records);
    if (isDeepStrictEqual(actual, answer)) return [];
    return [{ ref, read: `${read.kind.name} ${read.key}`, predicted: answer, actual }];
  });
}

function reported({ what, from, to, diff }: Change): ReportedChange {
  return { what, from, to, ...(diff && { diff }) };
}
