import { spawn } from "node:child_process";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { LabError } from "../command.ts";

export interface LoggedOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** What an error calls it; the program unless told. */
  readonly what?: string;
}

/** The log of one build: all that its commands print, and their last lines in the error when one fails. */
export class BuildLog {
  readonly file: string;
  readonly #live: (line: string) => void;

  /** @param live is told every line as it comes */
  constructor(file: string, live: (line: string) => void = () => {}) {
    this.file = file;
    this.#live = live;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, "");
  }

  /**
   * Runs a command with this environment and no other, and gives back its stdout. It ends with this process, however
   * that ends.
   *
   * @throws LabError with the last lines and the log's path if it fails
   */
  async run(program: string, args: readonly string[], { cwd, env, what = program }: LoggedOptions): Promise<string> {
    appendFileSync(this.file, `$ ${[program, ...args].join(" ")}\n`);
    const { promise, resolve, reject } = Promise.withResolvers<number | string>();
    const child = spawn("setpriv", ["--pdeathsig", "TERM", program, ...args], {
      cwd,
      env: { ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const stdout: Buffer[] = [];
    const said: string[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => appendFileSync(this.file, chunk));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      for (const line of text.split("\n").filter(Boolean)) {
        said.push(line);
        this.#live(line);
      }
      said.splice(0, Math.max(0, said.length - 12));
    });
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? `signal ${signal}`));
    const code = await promise.catch((cause) => {
      throw new LabError(`${program} could not be started: ${cause.message}`, { cause });
    });
    const output = Buffer.concat(stdout).toString("utf8");
    if (code === 0) return output;
    const words = (said.length > 0 ? said : output.trim().split("\n").slice(-12)).join("\n  ");
    throw new LabError(`${what} ended with ${code}:\n  ${words}\nAll of it: ${this.file}`);
  }
}
