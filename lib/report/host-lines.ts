import type { HostStatus, RunEvent, TaskStatus } from "../engine/events.ts";
import { duration } from "../text/duration.ts";
import { count, hostHead, type Layout, someOf } from "./layout.ts";
import { type Line, plain, type Span, span } from "./styled.ts";

export type HostFinished = Extract<RunEvent, { event: "host-finished" }>;

/** With more hosts than this, those that end alike are told in one line. */
export const FOLD_HOSTS = 40;

/** How a play ended on a host: `3 changed, 11 unchanged`. */
export interface HostEnd {
  readonly host: string;
  readonly status: HostStatus;
  readonly text: string;
}

/** Tasks of one host in one play, by status. */
export type Tally = Readonly<Partial<Record<TaskStatus, number>>>;

const words: readonly (readonly [TaskStatus, string])[] = [
  ["changed", "changed"],
  ["would-change", "would change"],
  ["unknown", "unknown"],
  ["blocked", "blocked"],
  ["failed", "failed"],
  ["skipped", "skipped"],
  ["ok", "unchanged"],
];

/** What a host's tasks came to in a play. */
export function hostEnd(event: HostFinished, tally: Tally, verbose: boolean): HostEnd {
  const parts = words.flatMap(([status, word]) => (tally[status] ? [`${tally[status]} ${word}`] : []));
  const stopped = event.status === "ok" ? [] : event.status === "failed" && tally.failed ? [] : [event.status];
  const cost = verbose ? [count(event.roundTrips, "round trip"), duration(event.durationMs)] : [];
  const all = [...parts, ...stopped, ...cost];
  return { host: event.host, status: event.status, text: all.length > 0 ? all.join(", ") : "nothing to do" };
}

/** One line a host. */
export function hostEndLine(end: HostEnd, layout: Layout): Line {
  return [...hostHead(markOf(end.status, layout), end.host, layout), span("dim", end.text)];
}

/** One line for all hosts that ended alike; a few of them are named. */
export function foldedHostEnds(ends: readonly HostEnd[], layout: Layout): readonly Line[] {
  return [...Map.groupBy(ends, ({ status, text }) => `${status} ${text}`).values()].map((alike): Line => {
    const [first] = alike;
    const names = alike.map(({ host }) => host);
    const hosts = names.length === 1 ? (names[0] ?? "") : `${names.length} hosts (${someOf(names)})`;
    return [markOf(first?.status ?? "ok", layout), plain(` ${hosts}  `), span("dim", first?.text ?? "")];
  });
}

function markOf(status: HostStatus, { glyphs }: Layout): Span {
  if (status === "ok") return span("dim", glyphs.ok);
  return status === "skipped" ? span("dim", glyphs.skipped) : span("failed", glyphs.failed);
}
