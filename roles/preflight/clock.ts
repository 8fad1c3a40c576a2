import type { HostReadiness } from "../../lib/reads/host-readiness-record.ts";
import { duration } from "../../lib/text/duration.ts";
import type { Finding } from "./checks.ts";

/** How far a host's clock is ahead of the controller's; somewhere between these two. */
export interface ClockOffset {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * What two readings of the host's clock say of it: the first was taken after the question was sent, the last before the
 * answer arrived. Only the time on the line is uncertain, not what the host needed to answer.
 *
 * @param sentMs the controller's clock when it asked
 * @param arrivedMs and when it had the answer
 */
export function clockOffset(sentMs: number, arrivedMs: number, { first, last }: HostReadiness["clock"]): ClockOffset {
  return { fromMs: last.fromMs - arrivedMs, toMs: first.toMs - sentMs };
}

/** A host's clock as it is compared with others. */
export interface HostClock {
  readonly host: string;
  readonly offset: ClockOffset;
}

/**
 * Clocks that are further from the middle one than `toleranceMs`, whatever the line did to them. The middle one, since
 * the controller's own may be wrong, and most hosts are right; of two hosts it is the one behind.
 */
export function clockFindings(clocks: readonly HostClock[], toleranceMs: number): readonly Finding[] {
  const middleOf = ({ offset }: HostClock) => (offset.fromMs + offset.toMs) / 2;
  const sorted = [...clocks].sort((a, b) => middleOf(a) - middleOf(b));
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  if (!middle) return [];
  return clocks.flatMap(({ host, offset }): readonly Finding[] => {
    const ahead = offset.fromMs - middle.offset.toMs;
    const behind = middle.offset.fromMs - offset.toMs;
    const apart = Math.max(ahead, behind);
    if (apart <= toleranceMs) return [];
    const text =
      `its clock is ${duration(apart)} ${ahead > 0 ? "ahead of" : "behind"} that of ${middle.host}: certificates seem ` +
      "not yet valid, and leases expired; let chrony or systemd-timesyncd keep the time";
    return [{ check: "time", host, text }];
  });
}
