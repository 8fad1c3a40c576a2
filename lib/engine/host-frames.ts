import { setTimeout as sleep } from "node:timers/promises";
import pLimit from "p-limit";
import { CommandError, ConnectionError, TaskError, TimeoutError } from "../errors.ts";
import type { Deadlines } from "../session/deadlines.ts";
import { heldBy, heldMessage, lockDirectory, lockText, type RunIdentity } from "../session/lock.ts";
import type { FrameOptions, FrameOutput, Session } from "../session/session.ts";
import { rawSh } from "../shell/sh.ts";
import { answerOf } from "./answers.ts";
import { type HostFacts, hostFacts } from "./facts.ts";
import { frameText, parseReads, type Question, questionsOf, type Records, readText } from "./frame.ts";
import type { Read } from "./read.ts";

export interface HostFramesOptions {
  readonly host: string;
  readonly check: boolean;
  readonly run: RunIdentity;
  readonly deadlines: Deadlines;
  /** Logs in and starts the shell. */
  connect(): Promise<Session>;
  /** Stops what runs; the run ends with an error. */
  readonly signal?: AbortSignal | undefined;
  connected(durationMs: number): void;
  waiting(message: string): void;
}

/** Between two attempts to log in again, in milliseconds. */
const RECONNECT_MS = 500;

/**
 * One host's frames in one run: the session is opened for the first of them, which also takes the host's lock and
 * brings its basic facts.
 */
export class HostFrames {
  readonly #options: HostFramesOptions;
  /** One frame at a time: roles of other hosts may ask this one too. */
  readonly #turn = pLimit(1);
  #session: Session | undefined;
  #locked = false;
  #facts: HostFacts | undefined;
  #sent = 0;

  constructor(options: HostFramesOptions) {
    this.#options = options;
  }

  /** Frames sent so far; each is one round trip. */
  get sent(): number {
    return this.#sent;
  }

  /**
   * Sends one frame and waits for its end.
   *
   * @throws TaskError when another run holds the host; and what opening the session, or running a frame, throws
   */
  send(text: string, options: Omit<FrameOptions, "signal">): Promise<FrameOutput> {
    return this.#turn(() => this.#send(text, options));
  }

  /** Writes bytes into a file on the host, behind a frame that has opened the session. */
  put(path: string, bytes: Buffer, options: Omit<FrameOptions, "signal">): Promise<FrameOutput> {
    return this.#turn(async () => {
      const session = await this.#open();
      this.#sent++;
      return session.put(path, bytes, { ...options, signal: this.#options.signal });
    });
  }

  async #send(text: string, options: Omit<FrameOptions, "signal">): Promise<FrameOutput> {
    const { host, check, run, deadlines, signal, waiting } = this.#options;
    const session = await this.#open();
    const takesLock = !check && !this.#locked;
    this.#sent++;
    const output = await session.run(takesLock ? lockText(run, deadlines.lockMs / 1000) + text : text, {
      ...options,
      // The frame that takes the lock may wait for the change of a run whose controller is gone.
      deadline: takesLock ? { ...options.deadline, ms: options.deadline.ms + deadlines.lockMs } : options.deadline,
      signal,
      onMark: (words) => {
        if (words[0] === "waiting") waiting("waiting for a change of a run whose controller is gone");
        return options.onMark?.(words);
      },
    });
    const holder = takesLock ? heldBy(output.stdout.toString("utf8", 0, 4096), session.token) : undefined;
    if (holder !== undefined) throw new TaskError(heldMessage(host, holder));
    this.#locked ||= takesLock;
    return output;
  }

  /** Asks in a frame of its own, after `waitMs` on the host. */
  async ask(reads: readonly Read<unknown>[], waitMs = 0): Promise<Records> {
    if (this.#facts && reads.length === 0 && waitMs === 0) return new Map();
    const questions = questionsOf(this.#facts ? reads : [FACTS, ...reads]);
    const wait = waitMs > 0 ? [rawSh(`sleep ${(waitMs / 1000).toFixed(2)}`)] : [];
    const lines: string[] = [];
    const output = await this.send(frameText([...wait, readText(questions)]), {
      deadline: { name: "read", ms: this.readMs(questions) + waitMs },
      onOutput: (line) => lines.push(line),
    });
    const records = this.records(output, questions, lines);
    this.#facts ??= answerOf(FACTS, records);
    return records;
  }

  /** The host's basic facts, which the first frame has brought. */
  async facts(): Promise<HostFacts> {
    return this.#facts ?? answerOf(FACTS, await this.ask([]));
  }

  /** How long these questions may take. */
  readMs(questions: readonly Question[]): number {
    return Math.max(this.#options.deadlines.readMs, ...questions.map(({ kind }) => kind.deadlineMs ?? 0));
  }

  /** What a frame has answered to the questions that it asked. */
  records(output: FrameOutput, questions: readonly Question[], lines: readonly string[]): Records {
    const { host } = this.#options;
    if (output.stopped === "interrupt") throw new TaskError(`${host}: interrupted while reading`);
    if (output.stopped !== undefined) {
      const kinds = questions.map(({ kind }) => kind.name).join(", ");
      const message = `${host}: reading took too long (deadline "${output.stopped}"; asked: ${kinds})`;
      throw new TimeoutError(message, { deadline: output.stopped, output: lines });
    }
    try {
      return parseReads(output.stdout, questions, this.#session?.token ?? "", host);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      throw new CommandError(error.message, { cause: error, output: lines.slice(-20) });
    }
  }

  /** Drops the line and logs in again, trying until the deadline: for after a reboot. */
  async reconnect(deadlineMs: number): Promise<void> {
    const { host, signal } = this.#options;
    await this.close();
    const deadline = Date.now() + deadlineMs;
    for (;;) {
      try {
        await this.ask([]);
        return;
      } catch (error) {
        this.#forget();
        const retry = error instanceof ConnectionError || error instanceof TimeoutError;
        if (!retry || signal?.aborted) throw error;
        if (Date.now() > deadline) {
          const message = `${host}: not back within ${deadlineMs} ms (deadline "reconnect"): ${error.message}`;
          throw new TimeoutError(message, { deadline: "reconnect", cause: error });
        }
        await sleep(RECONNECT_MS);
      }
    }
  }

  /** Ends the session in order: the lock is released. */
  async close(): Promise<void> {
    const session = this.#session;
    this.#forget();
    await session?.close();
  }

  #forget(): void {
    this.#session = undefined;
    this.#locked = false;
    this.#facts = undefined;
  }

  async #open(): Promise<Session> {
    if (this.#session) return this.#session;
    const { check, run, connect, signal, connected } = this.#options;
    signal?.throwIfAborted();
    const start = performance.now();
    const session = await unlessAborted(connect(), signal);
    if (!check) session.keepLock(lockDirectory(run));
    this.#session = session;
    connected(performance.now() - start);
    return session;
  }
}

const FACTS = hostFacts("host");

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
