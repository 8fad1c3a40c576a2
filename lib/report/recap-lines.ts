import type { HostCounts, RunEvent } from "../engine/events.ts";
import { duration } from "../text/duration.ts";
import { textWidth } from "../text/width.ts";
import { FOLD_HOSTS } from "./host-lines.ts";
import { count, type Layout, rule } from "./layout.ts";
import { type Line, padLine, plain, type Span, type Style, span } from "./styled.ts";

export type RecapEvent = Extract<RunEvent, { event: "recap" }>;

/** How hosts and tasks ended, where the counts of the recap do not tell it apart. */
export interface Ends {
  /** Hosts. */
  readonly failed: number;
  readonly unreachable: number;
  readonly interrupted: number;
  /** Tasks, in check mode. */
  readonly unknown: number;
  readonly blocked: number;
}

const COUNTS = ["ok", "changed", "failed", "unreachable", "skipped"] as const;

const styles: Readonly<Record<keyof HostCounts, Style>> = {
  ok: "good",
  changed: "changed",
  failed: "failed",
  unreachable: "failed",
  skipped: "plain",
};

/** The table of hosts in the order of the event; of many hosts those with the same counts are one row. */
export function recapTable(recap: RecapEvent, layout: Layout): readonly Line[] {
  const rows = rowsOf(Object.entries(recap.hosts));
  const titles = COUNTS.map((name) => (name === "changed" && layout.check ? "would change" : name));
  const nameWidth = Math.max(4, ...rows.map(({ name }) => textWidth(name)));
  const widths = titles.map((title, column) =>
    Math.max(title.length, ...rows.map(({ counts }) => String(countIn(counts, column)).length)),
  );
  const cell = (text: string, style: Style, column: number): Span =>
    span(style, `  ${text.padStart(widths[column] ?? 0)}`);
  const header = [...padLine([span("dim", "host")], nameWidth), ...titles.map((title, at) => cell(title, "dim", at))];
  return [
    rule("Recap", "title", layout),
    header,
    ...rows.map(({ name, counts }): Line => {
      const cells = COUNTS.map((which, at) => {
        const amount = countIn(counts, at);
        return cell(String(amount), amount === 0 ? "dim" : styles[which], at);
      });
      return [...padLine([nameOf(name, counts)], nameWidth), ...cells];
    }),
  ];
}

function rowsOf(hosts: readonly (readonly [string, HostCounts])[]) {
  if (hosts.length <= FOLD_HOSTS) return hosts.map(([name, counts]) => ({ name, counts }));
  const alike = Map.groupBy(hosts, ([, counts]) => COUNTS.map((which) => counts[which]).join(" "));
  return [...alike.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    return [{ name: group.length === 1 ? first[0] : `${group.length} hosts`, counts: first[1] }];
  });
}

function countIn(counts: HostCounts, column: number): number {
  const which = COUNTS[column];
  return which ? counts[which] : 0;
}

function nameOf(name: string, counts: HostCounts): Span {
  return span(counts.failed > 0 || counts.unreachable > 0 ? "failed" : "plain", name);
}

/** The last line: how it went, in one sentence. */
export function verdict(recap: RecapEvent, ends: Ends, check: boolean): Line {
  const hosts = Object.values(recap.hosts);
  const time = duration(recap.durationMs);
  if (hosts.length === 0) return [plain(`Nothing to do: no hosts (${time})`)];
  const changed = hosts.reduce((sum, counts) => sum + counts.changed, 0);
  const changedHosts = hosts.filter((counts) => counts.changed > 0).length;
  const where = changedHosts % hosts.length === 0 ? "" : `${changedHosts} of `;
  const on = `on ${where}${count(hosts.length, "host")}`;
  const problems = problemsOf(ends, count(hosts.length, "host"));
  if (check) {
    const unknown = ends.unknown > 0 ? ` (${ends.unknown} not yet known)` : "";
    const would = `${changed === 0 ? "nothing" : count(changed, "task")} would change ${on}${unknown}`;
    const told = [would, ...(ends.blocked > 0 ? [`${ends.blocked} blocked`] : []), ...problems].join(", ");
    const style = problems.length > 0 || ends.blocked > 0 ? "failed" : changed > 0 ? "changed" : "good";
    return [span(style, `Check: ${told}, in ${time}`)];
  }
  const done = `${changed === 0 ? "0" : count(changed, "task")} changed ${on} in ${time}`;
  return problems.length > 0
    ? [span("failed", `${problems.join(", ")}; ${done}`)]
    : [span("good", `Converged: ${done}`)];
}

/** `1 of 3 hosts failed`, `1 unreachable`. */
function problemsOf({ interrupted, failed, unreachable }: Ends, all: string): readonly string[] {
  const problems = [
    { hosts: interrupted, word: "interrupted" },
    { hosts: failed, word: "failed" },
    { hosts: unreachable, word: "unreachable" },
  ].filter(({ hosts }) => hosts > 0);
  return problems.map(({ hosts, word }, index) => `${hosts}${index === 0 ? ` of ${all}` : ""} ${word}`);
}
