import { duration } from "../../lib/text/duration.ts";
import type { Counted } from "./samples.ts";

/** What was seen of an address that had to move. */
export interface Seen extends Counted {
  readonly address: string;
  readonly before: string;
  /** Who holds it when the old holder is well again; all of them, and there should be one. */
  readonly after: readonly string[];
  /** From the fault until the old holder gave the address up, where that was looked at. */
  readonly releasedMs?: number | undefined;
}

export interface Verdict {
  /** The numbers in one sentence. */
  readonly sentence: string;
  /** What was not as it has to be. */
  readonly faults: readonly string[];
}

/** Judges a test of the virtual address. */
export function judge(seen: Seen, maxGapMs: number): Verdict {
  const { address, before, after, releasedMs, total, failed, longestGapMs, slowestMs } = seen;
  const [holder] = after;
  const faults: string[] = [];
  if (holder === undefined) faults.push("nobody holds the address any more");
  else if (after.length > 1) faults.push(`${after.join(" and ")} hold the address at the same time`);
  else if (holder === before) {
    faults.push(releasedMs === undefined ? "the address did not move" : `the address moved back to ${before}`);
  }
  if (longestGapMs > maxGapMs) {
    faults.push(`no request was answered for ${duration(longestGapMs)}, ${duration(maxGapMs)} are allowed`);
  }
  const moved = releasedMs === undefined ? "" : `, given up after ${duration(releasedMs)}`;
  const sentence =
    `${address}: ${before} -> ${after.join(" and ") || "nobody"}${moved}; longest gap ${duration(longestGapMs)}, ` +
    `${failed} of ${total} requests failed, slowest answer ${duration(slowestMs)}`;
  return { sentence, faults };
}
