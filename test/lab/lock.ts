import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { LabError } from "./command.ts";
import { lockDir } from "./paths.ts";
import type { Progress } from "./progress.ts";

/** What all labs of this machine share. No lab can be called that. */
export const MACHINE = "the machine";
export const MIRROR = "the mirror";

/**
 * Runs one piece of work at a time under a name, across processes. The lock is held by a `flock` child that lives as
 * long as its stdin is open: whatever ends this process also ends the lock, so there is never a stale one to judge.
 */
export async function withLock<T>(name: string, progress: Progress, work: () => Promise<T>): Promise<T> {
  mkdirSync(lockDir, { recursive: true });
  const holder = spawn("flock", ["--exclusive", join(lockDir, name), "sh", "-c", "echo held; exec cat"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const late = setTimeout(() => progress.step(`waiting for another lab command that holds "${name}"`), 1000);
  try {
    const held = once(holder.stdout, "data").then(() => true);
    const ended = once(holder, "close").then(() => false);
    if (!(await Promise.race([held, ended]))) throw new LabError(`no lock ${join(lockDir, name)}: flock ended`);
    clearTimeout(late);
    return await work();
  } finally {
    clearTimeout(late);
    holder.stdin.end();
  }
}
