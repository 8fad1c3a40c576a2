import { spawn } from "node:child_process";

/** What the lab could not do, in words for whoever runs it: printed without a stack. */
export class LabError extends Error {
  override name = "LabError";
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Called with every line of stdout and stderr as it comes. */
  readonly onLine?: (line: string) => void;
  /** After this time the command and all that it started in its process group are killed. */
  readonly timeoutMs?: number;
}

/** Runs a program and gives back its exit code and output, whatever the code is. */
export function capture(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { promise, resolve, reject } = Promise.withResolvers<CommandResult>();
  const child = spawn(program, args, {
    env: options.env ? { ...process.env, ...options.env } : process.env,
    stdio: "pipe",
    // A group of its own, so that a deadline ends the command's children too.
    detached: options.timeoutMs !== undefined,
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  if (options.onLine) {
    child.stdout.on("data", eachLine(options.onLine));
    child.stderr.on("data", eachLine(options.onLine));
  }
  let timedOut = false;
  const timer =
    options.timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
        }, options.timeoutMs);
  child.on("error", (cause) => {
    clearTimeout(timer);
    reject(new LabError(`${program} could not be started: ${cause.message}`, { cause }));
  });
  child.on("close", (code, signal) => {
    clearTimeout(timer);
    if (timedOut) return reject(new LabError(`${program} was killed: not done after ${options.timeoutMs} ms`));
    const trailer = signal === null ? "" : `killed by ${signal}`;
    resolve({ code: code ?? 128, stdout: text(stdout), stderr: text(stderr) + trailer });
  });
  // A program that does not read its input closes the pipe: its exit code tells the rest.
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  return promise;
}

/** Runs a program, gives back its stdout, and throws with its last words if it fails. */
export async function run(program: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const result = await capture(program, args, options);
  if (result.code === 0) return result.stdout;
  const words = (result.stderr.trim() || result.stdout.trim()).split("\n").slice(-8).join("\n  ");
  throw new LabError(`${[program, ...args].join(" ").slice(0, 200)} ended with code ${result.code}:\n  ${words}`);
}

function text(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString("utf8");
}

function eachLine(onLine: (line: string) => void): (chunk: Buffer) => void {
  let rest = "";
  return (chunk) => {
    const lines = (rest + chunk.toString("utf8")).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  };
}
