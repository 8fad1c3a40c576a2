import { setTimeout as sleep } from "node:timers/promises";
import { CommandError, ConnectionError, HostwrightError, TaskError, TimeoutError } from "../errors.ts";
import type { Deadlines } from "../session/deadlines.ts";
import { heldBy, heldMessage, lockDirectory, lockText, type RunIdentity } from "../session/lock.ts";
import type { FrameOptions, FrameOutput, Session } from "../session/session.ts";
import { rawSh, render, type Sh, sh } from "../shell/sh.ts";
import type { Action, ActionContext } from "./action.ts";
import {
  type Applied,
  answerOf,
  converge,
  type Entry,
  type Line,
  labelOf,
  type Misprediction,
  type TaskResult,
  type Watch,
} from "./converge.ts";
import type { TaskRef } from "./events.ts";
import { type HostFacts, hostFacts } from "./facts.ts";
import { frameText, parseReads, questionsOf, type Records, readText, runText, type Step } from "./frame.ts";
import type { ActAnswer, ConvergeAnswer, Host, ReadAnswer } from "./host.ts";
import { Overlay, Unknown } from "./overlay.ts";
import { type Read, readId } from "./read.ts";
import { stageContents } from "./stage.ts";
import type { Task } from "./task.ts";

export interface HostRunOptions {
  readonly host: string;
  readonly check: boolean;
  readonly run: RunIdentity;
  readonly deadlines: Deadlines;
  /** Logs in and starts the shell. */
  connect(): Promise<Session>;
  /** Stops what runs; the run ends with an error. */
  readonly signal?: AbortSignal | undefined;
  readonly listener: HostListener;
}

/** Who is told of what happens on the host. */
export interface HostListener {
  connected(durationMs: number): void;
  waiting(message: string): void;
  started(ref: TaskRef): void;
  output(ref: TaskRef, line: string): void;
  finished(result: TaskResult): void;
  mispredicted?(misprediction: Misprediction): void;
}

/** Lines of output that are kept for the message of a command that fails. */
const KEPT_LINES = 50;

/** One host during one run: its session, the predictions of check mode, and the count of its round trips. */
export class HostRun {
  readonly name: string;
  readonly check: boolean;
  readonly #options: HostRunOptions;
  readonly #overlay = new Overlay();
  #session: Session | undefined;
  #locked = false;
  #facts: HostFacts | undefined;
  #roundTrips = 0;

  constructor(options: HostRunOptions) {
    this.name = options.host;
    this.check = options.check;
    this.#options = options;
  }

  /** Frames sent so far; each is one round trip. */
  get roundTrips(): number {
    return this.#roundTrips;
  }

  /** The host as roles of one name see it: their tasks are reported under that name. */
  asRole(role: string): Host {
    return {
      name: this.name,
      check: this.check,
      facts: () => this.#hostFacts(),
      converge: (tasks) => this.converge(tasks.map((task) => entryOf(role, task))),
      read: (read) => this.#read(read),
      act: (action) => this.#act(role, action),
    };
  }

  /** Converges tasks of several roles together. */
  async converge(entries: readonly Entry[]): Promise<ConvergeAnswer> {
    const { listener } = this.#options;
    const line: Line = {
      host: this.name,
      check: this.check,
      overlay: this.#overlay,
      ask: (reads, waitMs) => this.#ask(reads, waitMs),
      apply: (steps, records, reads, watch) => this.#apply(steps, records, reads, watch),
      report: (result) => listener.finished(result),
    };
    const { results, mispredictions, readsAsked } = await converge(line, entries, {
      started: ({ ref }) => listener.started(ref),
      output: ({ ref }, text) => listener.output(ref, text),
    });
    for (const misprediction of mispredictions) listener.mispredicted?.(misprediction);
    const changed = results.some(
      ({ status }) => status === "changed" || status === "would-change" || status === "unknown",
    );
    return { changed, results, readsAsked };
  }

  /** Ends the session in order: the lock is released. */
  async close(): Promise<void> {
    await this.#session?.close();
    this.#session = undefined;
  }

  async #hostFacts(): Promise<HostFacts> {
    if (!this.#facts) await this.#ask([]);
    return this.#facts as HostFacts;
  }

  async #read<T>(read: Read<T>): Promise<ReadAnswer<T>> {
    const records = await this.#ask([read]);
    try {
      return { known: true, value: this.#overlay.answer(read, (actual) => answerOf(actual, records)) };
    } catch (error) {
      if (error instanceof Unknown) return { known: false, until: error.until };
      throw error;
    }
  }

  async #act<T>(role: string, action: Action<T>): Promise<ActAnswer<T>> {
    const { listener } = this.#options;
    const ref: TaskRef = { role, task: action.name, subject: action.subject };
    if (this.check) {
      listener.finished({ ref, status: "skipped", reason: "not done in check mode", changes: [], durationMs: 0 });
      return { acted: false };
    }
    const start = performance.now();
    listener.started(ref);
    const context: ActionContext = {
      host: this.name,
      read: async (read) => answerOf(read, await this.#ask([read])),
      run: (commands, options) => this.#runCommands(ref, commands, options?.deadlineMs),
      reconnect: (deadlineMs) => this.#reconnect(deadlineMs),
      sleep: (ms) => sleep(ms, undefined, { ...(this.#options.signal && { signal: this.#options.signal }) }),
      now: () => Date.now(),
    };
    try {
      const value = await action.run(context);
      const status = action.changes ? "changed" : "ok";
      const durationMs = performance.now() - start;
      listener.finished({ ref, status, reason: "done", changes: [], durationMs });
      return { acted: true, value };
    } catch (error) {
      if (error instanceof HostwrightError) {
        listener.finished({ ref, status: "failed", reason: error.message, changes: [], durationMs: 0, error });
      }
      throw error;
    }
  }

  async #runCommands(ref: TaskRef, commands: Sh, deadlineMs?: number) {
    const lines: string[] = [];
    const { status, stopped } = await this.#frame(render(sh`{ ${commands}\n} >&2`), {
      deadline: { name: "change", ms: deadlineMs ?? this.#options.deadlines.changeMs },
      onOutput: (line) => {
        lines.push(line);
        this.#options.listener.output(ref, line);
      },
    });
    if (stopped !== undefined) {
      throw new TimeoutError(`${this.name}: ${labelOf(ref)} was stopped (${stopped})`, { deadline: stopped });
    }
    return { status, output: lines.slice(-KEPT_LINES) };
  }

  /** Tries to log in again until the deadline; for after a reboot. */
  async #reconnect(deadlineMs: number): Promise<void> {
    await this.close();
    this.#locked = false;
    this.#facts = undefined;
    const deadline = Date.now() + deadlineMs;
    for (;;) {
      try {
        await this.#ask([]);
        return;
      } catch (error) {
        this.#session = undefined;
        this.#locked = false;
        const retry = error instanceof ConnectionError || error instanceof TimeoutError;
        if (!retry || this.#options.signal?.aborted) throw error;
        if (Date.now() > deadline) {
          const message = `${this.name}: not back within ${deadlineMs} ms (deadline "reconnect"): ${error.message}`;
          throw new TimeoutError(message, { deadline: "reconnect", cause: error });
        }
        await sleep(500);
      }
    }
  }

  async #ask(reads: readonly Read<unknown>[], waitMs = 0): Promise<Records> {
    const facts = hostFacts("host");
    const questions = questionsOf(this.#facts ? reads : [facts, ...reads]);
    const wait = waitMs > 0 ? [rawSh(`sleep ${(waitMs / 1000).toFixed(2)}`)] : [];
    const lines: string[] = [];
    const output = await this.#frame(frameText([...wait, readText(questions)]), {
      deadline: { name: "read", ms: this.#readMs(questions) + waitMs },
      onOutput: (line) => lines.push(line),
    });
    const records = this.#records(output, questions, lines);
    if (!this.#facts) this.#facts = facts.kind.parse(records.get(readId(facts)) ?? Buffer.alloc(0), "host");
    return records;
  }

  #readMs(questions: ReturnType<typeof questionsOf>): number {
    return Math.max(this.#options.deadlines.readMs, ...questions.map(({ kind }) => kind.deadlineMs ?? 0));
  }

  #records(output: FrameOutput, questions: ReturnType<typeof questionsOf>, lines: readonly string[]): Records {
    if (output.stopped === "interrupt") throw new TaskError(`${this.name}: interrupted while reading`);
    if (output.stopped !== undefined) {
      const kinds = questions.map(({ kind }) => kind.name).join(", ");
      throw new TimeoutError(`${this.name}: reading took too long (deadline "${output.stopped}"; asked: ${kinds})`, {
        deadline: output.stopped,
      });
    }
    try {
      return parseReads(output.stdout, questions, this.#session?.token ?? "", this.name);
    } catch (error) {
      if (!(error instanceof CommandError) || lines.length === 0) throw error;
      throw new CommandError(`${error.message}; it said: ${lines.slice(-3).join(" / ")}`, { cause: error });
    }
  }

  async #apply(
    steps: readonly Step[],
    records: Records,
    reads: readonly Read<unknown>[],
    watch: Watch,
  ): Promise<Applied> {
    const { deadlines } = this.#options;
    const questions = questionsOf(reads);
    const done = new Map<number, number>();
    const lines: string[] = [];
    let inFlight: number | undefined;
    let begun = 0;
    const place = await stageContents(
      steps,
      (text) => this.#frame(text, { deadline: { name: "change", ms: deadlines.changeMs } }),
      this.name,
    );
    const text = render(
      sh`R=${lockDirectory(this.#options.run)}\n${runText(steps, records)}\n${readText(questions)}`,
      place,
    );
    const output = await this.#frame(
      text,
      {
        deadline: { name: "change", ms: deadlines.changeMs },
        onOutput: (line) => {
          lines.push(line);
          if (lines.length > KEPT_LINES) lines.shift();
          if (inFlight !== undefined) watch.output(inFlight, line);
        },
        onMark: ([word, index, status]) => {
          const at = Number(index);
          if (word === "begin") {
            inFlight = at;
            begun = performance.now();
            lines.length = 0;
            watch.started(at);
            const own = steps.find((step) => step.index === at)?.changes.map((change) => change.deadlineMs ?? 0) ?? [];
            return { name: "change", ms: Math.max(...own) || deadlines.changeMs };
          }
          if (word !== "done") return undefined;
          inFlight = undefined;
          done.set(at, Number(status));
          if (status === "0") watch.applied(at, performance.now() - begun);
          return { name: "read", ms: this.#readMs(questions) };
        },
      },
      () => inFlight,
      steps,
    );
    const failed = [...done.values()].some((status) => status !== 0);
    const complete = inFlight === undefined && !failed && output.status === 0;
    return {
      done,
      inFlight,
      stopped: output.stopped,
      output: lines,
      records: complete && output.stopped === undefined ? this.#records(output, questions, lines) : undefined,
    };
  }

  /** Sends one frame, the first one with the lock before it. */
  async #frame(
    text: string,
    options: Omit<FrameOptions, "signal">,
    inFlight?: () => number | undefined,
    steps?: readonly Step[],
  ): Promise<FrameOutput> {
    const session = await this.#open();
    const lock = this.check || this.#locked ? "" : lockText(this.#options.run, this.#options.deadlines.lockMs / 1000);
    this.#roundTrips++;
    let output: FrameOutput;
    try {
      output = await session.run(lock + text, {
        ...options,
        // A first frame may wait for the change of a run whose controller is gone.
        deadline:
          lock === ""
            ? options.deadline
            : { ...options.deadline, ms: options.deadline.ms + this.#options.deadlines.lockMs },
        signal: this.#options.signal,
        onMark: (words) => {
          if (words[0] === "waiting") {
            this.#options.listener.waiting("waiting for a change of a run whose controller is gone");
          }
          return options.onMark?.(words);
        },
      });
    } catch (error) {
      const index = inFlight?.();
      const label = steps?.find((step) => step.index === index)?.label;
      if (label === undefined || !(error instanceof HostwrightError)) throw error;
      const message = `${error.message}; ${label} was in flight and its outcome is unknown: the next run reads it`;
      throw new ConnectionError(message, { cause: error });
    }
    const holder = lock === "" ? undefined : heldBy(output.stdout.toString("utf8", 0, 4096), session.token);
    if (holder !== undefined) throw new TaskError(heldMessage(this.name, holder));
    this.#locked ||= lock !== "";
    return output;
  }

  async #open(): Promise<Session> {
    if (this.#session) return this.#session;
    this.#options.signal?.throwIfAborted();
    const start = performance.now();
    const session = await unlessAborted(this.#options.connect(), this.#options.signal);
    if (!this.check) session.keepLock(lockDirectory(this.#options.run));
    this.#session = session;
    this.#options.listener.connected(performance.now() - start);
    return session;
  }
}

/** A task under the name of its role. */
export function entryOf(role: string, task: Task): Entry {
  return { ref: { role, task: task.name, subject: task.subject }, task };
}

/** A login cannot be called off; its outcome is not waited for either, and what it opened is closed. */
async function unlessAborted(connecting: Promise<Session>, signal: AbortSignal | undefined): Promise<Session> {
  if (!signal) return connecting;
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => {
      connecting.then((session) => session.close()).catch(() => undefined);
      reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([connecting, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
