import { setTimeout as sleep } from "node:timers/promises";
import { HostwrightError, TimeoutError, UsageError } from "../errors.ts";
import { type Secret, secretsIn } from "../secrets/secret.ts";
import { render, type Sh, sh } from "../shell/sh.ts";
import type { Action, ActionContext } from "./action.ts";
import { answerOf } from "./answers.ts";
import { applySteps } from "./apply.ts";
import { converge } from "./converge.ts";
import { type Entry, entryOf, labelOf, type TaskResult } from "./entry.ts";
import type { TaskRef } from "./events.ts";
import type { ActAnswer, ConvergeAnswer, Host, ReadAnswer } from "./host.ts";
import { HostFrames, type HostFramesOptions } from "./host-frames.ts";
import type { Line } from "./line.ts";
import type { Misprediction } from "./mispredictions.ts";
import { Overlay, Unknown } from "./overlay.ts";
import type { Read } from "./read.ts";

/** Who is told of what happens on the host. */
export interface HostListener {
  connected(durationMs: number): void;
  waiting(message: string): void;
  started(ref: TaskRef): void;
  output(ref: TaskRef, line: string): void;
  finished(result: TaskResult): void;
  mispredicted?(misprediction: Misprediction): void;
  /** Secrets that were made during the run, before anything that holds them is sent or shown. */
  learned?(secrets: readonly Secret[]): void;
}

export interface HostRunOptions extends Omit<HostFramesOptions, "connected" | "waiting"> {
  readonly listener: HostListener;
  /** Another host's run, by its name in the inventory; there is none unless told. */
  peer?(name: string): HostRun;
}

/** Lines of an action's output that it is given back. */
const KEPT_LINES = 50;

/** One host during one run: its frames, and in check mode what its pending changes are predicted to leave. */
export class HostRun {
  readonly name: string;
  readonly check: boolean;
  readonly #options: HostRunOptions;
  readonly #frames: HostFrames;
  readonly #overlay = new Overlay();
  #changes = 0;

  constructor(options: HostRunOptions) {
    this.name = options.host;
    this.check = options.check;
    this.#options = options;
    const { connected, waiting } = options.listener;
    this.#frames = new HostFrames({ ...options, connected, waiting });
  }

  /** Round trips so far, those of the login not counted. */
  get roundTrips(): number {
    return this.#frames.sent;
  }

  /** Tasks and actions so far that have changed the host, or would in check mode. */
  get changes(): number {
    return this.#changes;
  }

  /** The host as roles of one name see it: their tasks are reported under that name. */
  asRole(role: string): Host {
    return {
      name: this.name,
      check: this.check,
      facts: () => this.#frames.facts(),
      converge: (tasks) => this.converge(tasks.map((task) => entryOf(role, task))),
      read: (read) => this.#read(read),
      act: (action) => this.#act(role, action),
      peer: (name) => this.#peer(name).asRole(role),
    };
  }

  /** Converges tasks of several roles together. */
  async converge(entries: readonly Entry[]): Promise<ConvergeAnswer> {
    const { run, deadlines, listener } = this.#options;
    listener.learned?.(entries.flatMap(({ task }) => task.secrets));
    const context = { host: this.name, frames: this.#frames, run, changeMs: deadlines.changeMs };
    const line: Line = {
      host: this.name,
      check: this.check,
      overlay: this.#overlay,
      ask: (reads, waitMs) => this.#frames.ask(reads, waitMs),
      apply: (steps, records, reads, watch) => applySteps(context, steps, records, reads, watch),
      started: ({ ref }) => listener.started(ref),
      output: ({ ref }, text) => listener.output(ref, text),
      finished: (result) => listener.finished(result),
    };
    const { results, mispredictions, readsAsked } = await converge(line, entries);
    for (const misprediction of mispredictions) listener.mispredicted?.(misprediction);
    const changes = results.filter(({ status }) => CHANGED.has(status)).length;
    this.#changes += changes;
    return { changed: changes > 0, results, readsAsked };
  }

  /** Ends the session in order: the lock is released. */
  close(): Promise<void> {
    return this.#frames.close();
  }

  async #read<T>(read: Read<T>): Promise<ReadAnswer<T>> {
    const records = await this.#frames.ask([read]);
    try {
      return { known: true, value: this.#overlay.answer(read, (actual) => answerOf(actual, records)) };
    } catch (error) {
      if (error instanceof Unknown) return { known: false, until: error.until };
      throw error;
    }
  }

  async #act<T>(role: string, action: Action<T>): Promise<ActAnswer<T>> {
    const { listener } = this.#options;
    listener.learned?.(action.secrets);
    const ref: TaskRef = { role, task: action.name, subject: action.subject };
    const told = { ref, changes: [], durationMs: 0 };
    if (this.check) {
      listener.finished({ ...told, status: "skipped", reason: "not done in check mode" });
      return { acted: false };
    }
    const start = performance.now();
    listener.started(ref);
    try {
      const value = await action.run(this.#actionContext(ref));
      listener.learned?.(secretsIn(value));
      const changed = action.changed?.(value) ?? action.changes;
      const status = changed ? "changed" : "ok";
      if (changed) this.#changes++;
      listener.finished({ ...told, status, reason: "done", durationMs: performance.now() - start });
      return { acted: true, value };
    } catch (error) {
      if (error instanceof HostwrightError) {
        listener.finished({ ...told, status: "failed", reason: error.message, error });
      }
      throw error;
    }
  }

  #peer(name: string): HostRun {
    const peer = name === this.name ? this : this.#options.peer?.(name);
    if (peer) return peer;
    throw new UsageError(`${this.name}: this run has no host ${JSON.stringify(name)} beside it`);
  }

  #actionContext(ref: TaskRef): ActionContext {
    const { signal } = this.#options;
    return {
      host: this.name,
      read: async (read) => answerOf(read, await this.#frames.ask([read])),
      run: (commands, options) => this.#runCommands(ref, commands, options?.deadlineMs),
      reconnect: (deadlineMs) => this.#frames.reconnect(deadlineMs),
      sleep: (ms) => sleep(ms, undefined, { ...(signal && { signal }) }),
      now: () => Date.now(),
    };
  }

  async #runCommands(ref: TaskRef, commands: Sh, deadlineMs = this.#options.deadlines.changeMs) {
    const lines: string[] = [];
    const { status, stopped } = await this.#frames.send(render(sh`{ ${commands}\n} >&2`), {
      deadline: { name: "change", ms: deadlineMs },
      onOutput: (line) => {
        lines.push(line);
        this.#options.listener.output(ref, line);
      },
    });
    const output = lines.slice(-KEPT_LINES);
    if (stopped === undefined) return { status, output };
    const message = `${this.name}: ${labelOf(ref)} was stopped (${stopped})`;
    throw new TimeoutError(message, { deadline: stopped, output });
  }
}

const CHANGED: ReadonlySet<TaskResult["status"]> = new Set(["changed", "would-change", "unknown"]);
