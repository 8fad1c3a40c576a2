import { setTimeout as pause } from "node:timers/promises";
import { LabError } from "./command.ts";

/** For work that may be slow as long as it goes on. */
export interface Patience {
  /** The deadline starts anew when this is not what it was. */
  readonly progress: () => unknown;
  /** But not beyond this. */
  readonly limitMs: number;
}

/** Asks again until the answer is not undefined or false; past the deadline says what it waited for. */
export async function waitFor<T>(
  what: string,
  deadlineMs: number,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  { progress, limitMs }: Patience = { progress: () => undefined, limitMs: deadlineMs },
): Promise<T> {
  const started = performance.now();
  let seen = progress();
  let since = started;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    const now = performance.now();
    const current = progress();
    if (current !== seen) {
      seen = current;
      since = now;
    }
    if (now - since > deadlineMs || now - started > limitMs)
      throw new LabError(`waited ${Math.round((now - started) / 1000)} s in vain for ${what}`);
    await pause(20);
  }
}
