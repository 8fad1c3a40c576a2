import { createHash } from "node:crypto";
import type { TextDiff } from "../engine/plan.ts";

/** Knows which host a diff was shown for, so that a thousand hosts with the same change show it once. */
export class DiffMemory {
  readonly #shown = new Map<string, string>();

  /** The host for which the same diff of the same task was shown before; the first one is remembered. */
  shownFor(host: string, task: string, diff: TextDiff): string | undefined {
    const key = createHash("sha256")
      .update(JSON.stringify([task, diff.path, diff.before ?? null, diff.after ?? null]))
      .digest("base64");
    const first = this.#shown.get(key);
    if (first === undefined) this.#shown.set(key, host);
    return first;
  }
}
