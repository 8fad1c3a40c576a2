import { randomBytes } from "node:crypto";
import { ConnectionError, PrivilegeError, TimeoutError } from "../errors.ts";
import type { Secret } from "../secrets/secret.ts";
import { BOOTSTRAP, becomeLine, loopLines } from "./bootstrap.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import { LineSplitter, OutputCollector } from "./demux.ts";
import { Greeting } from "./greeting.ts";
import { becomeByPassword, noRoot } from "./privilege.ts";
import type { ByteStream, StreamEnd, Transport } from "./transport.ts";

export interface SessionOptions {
  /** The host's name, for messages. */
  readonly host: string;
  /** Become root by sudo; otherwise the login user has to be root. */
  readonly become: boolean;
  readonly becomePassword?: Secret | undefined;
  readonly deadlines: Deadlines;
}

export interface FrameOptions {
  readonly deadline: Deadline;
  /** Stops the frame: asked to end, then killed. The session stays usable. */
  readonly signal?: AbortSignal | undefined;
  /** A line `TOKEN words…` on stderr. What it returns is the deadline from then on. */
  readonly onMark?: (words: readonly string[]) => Deadline | undefined;
  /** Any other line on stderr. */
  readonly onOutput?: (line: string) => void;
}

export interface FrameOutput {
  readonly stdout: Buffer;
  /** Exit status of the frame; 128 + signal where it was killed. */
  readonly status: number;
  /** Why it was stopped, where it was: the name of a deadline, or "interrupt". */
  readonly stopped?: string;
}

interface RunningFrame {
  readonly options: FrameOptions;
  readonly resolve: (output: FrameOutput) => void;
  readonly reject: (error: Error) => void;
  readonly onAbort: () => void;
  timer: NodeJS.Timeout | undefined;
  stopped?: string;
  end?: { readonly stdout: Buffer; readonly status: number };
  stderrEnded: boolean;
}

const HEARTBEAT_MS = 10_000;

/**
 * A privileged shell on a host that stays: frames of shell text go in, one at a time, and their output comes back,
 * reads on stdout and everything that changes print on stderr.
 */
export class Session {
  readonly host: string;
  /** Where the line leads, for messages: `ssh admin@10.0.0.11:22`. */
  readonly line: string;
  readonly #transport: Transport;
  readonly #stream: ByteStream;
  readonly #options: SessionOptions;
  /** Bounds the output of frames; `$T` inside them. Nothing that runs on the host can know it. */
  readonly token = randomBytes(16).toString("hex");
  readonly #stdout = new OutputCollector(this.token);
  readonly #greeting = new Greeting(this.token);
  readonly #stderrLines = new LineSplitter();
  /** What came on stderr before the shell was ready: sudo's refusal. */
  readonly #complaints: string[] = [];
  #ready = false;
  #gone: Error | undefined;
  #frame: RunningFrame | undefined;
  #heartbeat: NodeJS.Timeout | undefined;

  private constructor(transport: Transport, stream: ByteStream, options: SessionOptions) {
    this.host = options.host;
    this.line = transport.name;
    this.#transport = transport;
    this.#stream = stream;
    this.#options = options;
  }

  /**
   * Opens the shell. Where no password has to be given, it returns without waiting for an answer: the first frame
   * travels right behind, and finds out whether root was had.
   *
   * @throws ConnectionError, PrivilegeError, TimeoutError
   */
  static async start(transport: Transport, options: SessionOptions): Promise<Session> {
    const stream = await transport.open(BOOTSTRAP);
    const session = new Session(transport, stream, options);
    // A write to a stream that is gone is told by `ended`; without a listener it would end the process.
    stream.stdin.on("error", () => undefined);
    if (options.become && options.becomePassword) {
      await becomeByPassword(stream, options.becomePassword, {
        host: options.host,
        line: transport.name,
        ms: options.deadlines.privilegeMs,
      });
    } else session.#write(becomeLine(options.become ? "sudo" : "root", "-"));
    session.#write(loopLines(session.token));
    stream.stdout.on("data", (chunk: Buffer) => session.#onStdout(chunk));
    stream.stderr.on("data", (chunk: Buffer) => session.#onStderr(chunk));
    stream.ended.then((end) => session.#onEnded(end));
    return session;
  }

  /**
   * Runs one frame and waits for its end.
   *
   * @throws ConnectionError when the line was lost with the frame in flight; PrivilegeError when the first frame finds
   *   that root was not had; TimeoutError when not even killing the frame brought an answer.
   */
  run(text: string, options: FrameOptions): Promise<FrameOutput> {
    return this.#send(`${this.token} run ${Buffer.byteLength(text)}\n`, text, options);
  }

  /** Writes bytes into a file as fast as the line carries them. Its path has neither blanks nor backslashes. */
  put(path: string, bytes: Buffer, options: FrameOptions): Promise<FrameOutput> {
    return this.#send(`${this.token} put ${bytes.length} ${path}\n`, bytes, options);
  }

  #send(header: string, body: string | Buffer, options: FrameOptions): Promise<FrameOutput> {
    if (this.#gone) return Promise.reject(this.#gone);
    if (this.#frame) return Promise.reject(new Error(`${this.host}: a frame is in flight already`));
    return new Promise((resolve, reject) => {
      const onAbort = () => this.#stop("interrupt");
      this.#frame = { options, resolve, reject, onAbort, timer: undefined, stderrEnded: false };
      this.#setDeadline(
        this.#ready ? options.deadline : { name: "privilege", ms: this.#options.deadlines.privilegeMs },
      );
      options.signal?.addEventListener("abort", onAbort, { once: true });
      if (typeof body === "string") this.#write(header + body);
      else {
        this.#write(header);
        this.#stream.stdin.write(body);
      }
      if (options.signal?.aborted) onAbort();
    });
  }

  /** Names the lock directory that this session keeps alive and removes when it ends. Call it before the first frame. */
  keepLock(directory: string): void {
    this.#write(`${this.token} lock ${directory}\n`);
    this.#heartbeat = setInterval(() => this.#write(`${this.token} beat\n`), HEARTBEAT_MS);
    this.#heartbeat.unref();
  }

  /** Ends the shell in order, giving it `ms` to remove its lock. A frame in flight goes on at the host. */
  async close(ms = 2_000): Promise<void> {
    clearInterval(this.#heartbeat);
    this.#stream.stdin.end();
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([this.#stream.ended, new Promise((resolve) => (timer = setTimeout(resolve, ms)))]);
    clearTimeout(timer);
    this.#transport.close();
  }

  #write(text: string): void {
    this.#stream.stdin.write(text);
  }

  #onStdout(chunk: Buffer): void {
    if (!this.#ready) {
      this.#awaitReady(chunk);
      return;
    }
    const end = this.#stdout.push(chunk);
    const frame = this.#frame;
    if (!end || !frame) return;
    frame.end = end;
    this.#finishIfEnded();
  }

  #awaitReady(chunk: Buffer): void {
    const ready = this.#greeting.push(chunk);
    if (!ready) return;
    if (ready.uid !== "0") {
      this.#fail(
        new PrivilegeError(
          `${this.host}: logged in as uid ${ready.uid}, but root is needed (${this.line}); ` +
            "set ansible_become: true for sudo, or ansible_user: root",
        ),
      );
      this.#stream.stdin.end();
      return;
    }
    this.#ready = true;
    if (this.#frame) this.#setDeadline(this.#frame.options.deadline);
    if (ready.rest.length > 0) this.#onStdout(ready.rest);
  }

  #onStderr(chunk: Buffer): void {
    for (const line of this.#stderrLines.push(chunk)) {
      const frame = this.#frame;
      if (!this.#ready) this.#complaints.push(line);
      if (!frame || line === "") continue;
      if (!line.startsWith(`${this.token} `)) {
        // What a shell says of a group that was ended on purpose is no output of the change.
        if (frame.stopped === undefined || !/^(Terminated|Killed)$/.test(line)) frame.options.onOutput?.(line);
        continue;
      }
      const words = line.split(" ").slice(1);
      if (words[0] === "end") {
        frame.stderrEnded = true;
        this.#finishIfEnded();
        continue;
      }
      const deadline = frame.options.onMark?.(words);
      if (deadline && !frame.stopped) this.#setDeadline(deadline);
    }
  }

  /** Both pipes tell the end, since nothing orders what comes on one against the other. */
  #finishIfEnded(): void {
    const frame = this.#frame;
    if (!frame?.end || !frame.stderrEnded) return;
    this.#release(frame);
    frame.resolve({ ...frame.end, ...(frame.stopped === undefined ? {} : { stopped: frame.stopped }) });
  }

  #release(frame: RunningFrame): void {
    clearTimeout(frame.timer);
    frame.options.signal?.removeEventListener("abort", frame.onAbort);
    this.#frame = undefined;
  }

  #setDeadline({ name, ms }: Deadline): void {
    const frame = this.#frame;
    if (!frame) return;
    clearTimeout(frame.timer);
    frame.timer = setTimeout(() => {
      if (this.#ready) this.#stop(name);
      else {
        this.#fail(
          new TimeoutError(`${this.host}: no root shell within ${ms} ms (deadline "privilege", ${this.line})`, {
            deadline: "privilege",
          }),
        );
      }
    }, ms);
  }

  /** TERM to the frame's process group, KILL after a grace, and after another one the session is given up. */
  #stop(why: string): void {
    const frame = this.#frame;
    if (!frame || frame.stopped) return;
    frame.stopped = why;
    clearTimeout(frame.timer);
    const { stopMs } = this.#options.deadlines;
    this.#write(`${this.token} kill TERM\n`);
    frame.timer = setTimeout(() => {
      this.#write(`${this.token} kill KILL\n`);
      frame.timer = setTimeout(() => {
        this.#fail(
          new TimeoutError(`${this.host}: no answer, not even to stopping what ran (deadline "${why}", ${this.line})`, {
            deadline: why,
          }),
        );
      }, stopMs);
    }, stopMs);
  }

  #onEnded(end: StreamEnd): void {
    clearInterval(this.#heartbeat);
    const lost = this.#ready || end.error !== undefined;
    const said = [...this.#greeting.passed, ...this.#complaints, this.#stderrLines.rest];
    this.#fail(lost ? this.#lost(end) : noRoot({ host: this.host, line: this.line }, said, end));
  }

  #fail(error: Error): void {
    this.#gone ??= error;
    const frame = this.#frame;
    if (!frame) return;
    this.#release(frame);
    frame.reject(this.#gone);
  }

  #lost(end: StreamEnd): ConnectionError {
    const why = end.error?.message ?? (end.signal ? `killed by ${end.signal}` : "closed by the host");
    return new ConnectionError(`${this.host}: connection lost (${this.line}): ${why}`, { cause: end.error });
  }
}
