import type { ReportedChange, RunEvent, TaskStatus } from "../engine/events.ts";
import { duration } from "../text/duration.ts";
import { hostHead, INDENT, type Layout, taskName } from "./layout.ts";
import { type Line, lineWidth, padLine, plain, type Style, span, wrapLine } from "./styled.ts";

export type TaskFinished = Extract<RunEvent, { event: "task-finished" }>;

/** How long a change took is told from here on. */
const WORTH_TELLING_MS = 1000;

/**
 * What is told of a task that is over, but for its diffs and its failure: beside its name where that fits, else beneath
 * it.
 */
export function taskLines(event: TaskFinished, layout: Layout): readonly Line[] {
  const head = [...hostHead(markOf(event.status, layout), event.host, layout), ...nameOf(event)];
  const details = withDuration(detailsOf(event, layout), event.durationMs);
  const tense = event.status === "would-change" ? "would change " : "";
  return beside(head, tense, details, layout) ?? beneath(head, tense, details, layout);
}

/** Details of all tasks stand in one column; one that is alone may stand further to the right. */
function beside(
  head: Line,
  tense: string,
  details: readonly Line[],
  { columns, hostWidth }: Layout,
): readonly Line[] | undefined {
  const usual = hostWidth + 4 + Math.min(44, Math.max(24, Math.floor(columns * 0.36)));
  const column = details.length === 1 ? Math.max(usual, lineWidth(head) + 2) : usual;
  const room = columns - column - tense.length;
  if (lineWidth(head) + 2 > column || details.some((detail) => lineWidth(detail) > room)) return undefined;
  return details.map((detail, index) => [
    ...padLine(index === 0 ? head : [], column),
    plain(index === 0 ? tense : " ".repeat(tense.length)),
    ...detail,
  ]);
}

function beneath(head: Line, tense: string, details: readonly Line[], { columns }: Layout): readonly Line[] {
  const first = tense === "" ? head : [...head, plain(`  ${tense.trimEnd()}`)];
  return [
    ...wrapLine(first, columns, { hanging: INDENT }),
    ...details.flatMap((detail) => wrapLine(detail, columns, { indent: INDENT, hanging: 2 })),
  ];
}

function nameOf(event: TaskFinished): Line {
  return [span(event.status === "ok" ? "dim" : "plain", taskName(event))];
}

function detailsOf(event: TaskFinished, { glyphs }: Layout): readonly Line[] {
  if (event.status === "failed") return [[span("failed", "failed")]];
  if (event.status === "blocked") {
    const [first = "", ...rest] = event.reason.split("\n");
    return [[span("failed", "blocked: "), plain(first)], ...rest.map((line) => [plain(line)])];
  }
  if (event.status === "skipped") return [[span("dim", `skipped: ${event.reason}`)]];
  if (event.status === "unknown") return [[span("unknown", event.reason)]];
  if (event.changes.length === 0) return [[span("dim", event.reason)]];
  return event.changes.map((change) => changeLine(change, glyphs.arrow));
}

function changeLine({ what, from, to }: ReportedChange, arrow: string): Line {
  return [plain(`${what}: `), span("dim", `${from} ${arrow} `), span("changed", to)];
}

function withDuration(details: readonly Line[], durationMs: number): readonly Line[] {
  const last = details.at(-1);
  if (!last || durationMs < WORTH_TELLING_MS) return details;
  return [...details.slice(0, -1), [...last, span("dim", ` (${duration(durationMs)})`)]];
}

function markOf(status: TaskStatus, { glyphs }: Layout) {
  const marks: Readonly<Record<TaskStatus, readonly [Style, string]>> = {
    ok: ["dim", glyphs.ok],
    changed: ["changed", glyphs.changed],
    "would-change": ["changed", glyphs.wouldChange],
    unknown: ["unknown", glyphs.unknown],
    blocked: ["failed", glyphs.blocked],
    failed: ["failed", glyphs.failed],
    skipped: ["dim", glyphs.skipped],
  };
  return span(...marks[status]);
}
