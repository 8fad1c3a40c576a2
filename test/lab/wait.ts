import { setTimeout as pause } from "node:timers/promises";
import { LabError } from "./command.ts";

/** Asks again until the answer is not undefined or false; past the deadline says what it waited for. */
export async function waitFor<T>(
  what: string,
  deadlineMs: number,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > end) throw new LabError(`waited ${deadlineMs / 1000} s in vain for ${what}`);
    await pause(20);
  }
}
