import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Workload } from "../workload.ts";

/** How a lab host is reached in a run: directly, or through a relay that makes the line longer. */
export interface Line {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

/** All that a run of one workload on some hosts is told. */
export interface Setting {
  readonly workload: Workload;
  readonly lines: readonly Line[];
  readonly user: string;
  readonly keyFile: string;
  readonly knownHostsFile: string;
  /** A folder of this setting's own, for files that a runner needs. */
  readonly folder: string;
}

/** What a runner itself says of a run, for each host. */
export interface Counts {
  readonly host: string;
  readonly tasks: number;
  readonly changed: number;
}

export interface PreparedRun {
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  /** @throws Error when the output tells of no counts */
  counts(stdout: string): readonly Counts[];
  /** Closes what a run leaves open, so that the next one logs in again. Not timed. */
  after?(): Promise<void>;
}

export interface Runner {
  readonly name: string;
  /** Writes the runner's files. Not timed. */
  prepare(setting: Setting): Promise<PreparedRun>;
}

export interface Timed {
  readonly ms: number;
  readonly counts: readonly Counts[];
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Runs a whole process, from its start to its end. */
export async function timed({ command: [program, ...args], env, counts, after }: PreparedRun): Promise<Timed> {
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  const output = { stdout: "", stderr: "" };
  const start = performance.now();
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"], cwd: root });
  child.stdout.on("data", (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()));
  child.once("error", reject);
  let ms = 0;
  child.once("exit", () => {
    ms = performance.now() - start;
  });
  child.once("close", resolve);
  const code = await promise;
  await after?.();
  if (code !== 0) {
    const last = `${output.stdout}\n${output.stderr}`.trim().split("\n").slice(-40).join("\n");
    throw new Error(`${[program, ...args].join(" ")} ended with ${code}:\n${last}`);
  }
  return { ms, counts: counts(output.stdout) };
}
