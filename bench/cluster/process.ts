import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Begins, type Line, type StageTimes, stageTimes } from "./stages.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A whole process, from its start to its end. */
export interface TimedRun {
  readonly ms: number;
  readonly stages: StageTimes;
  readonly lines: readonly string[];
}

/** A package cache that hangs up in the middle of an answer leaves apt waiting for ever. */
const DEADLINE_MS = 20 * 60_000;

/**
 * Runs a command and notes when its lines come.
 *
 * @throws Error with its last words, when it ends with another status than 0, or not within twenty minutes
 */
export async function timedRun(command: readonly [string, ...string[]], begins: Begins): Promise<TimedRun> {
  const [program, ...args] = command;
  const lines: Line[] = [];
  let stderr = "";
  const start = performance.now();
  const child = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  createInterface({ input: child.stdout }).on("line", (text) => {
    lines.push({ atMs: performance.now() - start, text });
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  let ms = 0;
  child.once("error", reject);
  child.once("exit", () => {
    ms = performance.now() - start;
  });
  child.once("close", resolve);
  const watch = setTimeout(() => child.kill(), DEADLINE_MS);
  const code = await promise.finally(() => clearTimeout(watch));
  const texts = lines.map(({ text }) => text);
  if (code !== 0) {
    throw new Error(`${command.join(" ")} ended with ${code}:\n${[...texts.slice(-3), stderr.trim()].join("\n")}`);
  }
  return { ms, stages: stageTimes(lines, ms, begins), lines: texts };
}
