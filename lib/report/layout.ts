import type { RunEvent, TaskRef } from "../engine/events.ts";
import type { Glyphs } from "./glyphs.ts";
import { type Line, lineWidth, plain, type Span, type Style, span } from "./styled.ts";

/** What the functions that make lines know of where these go. */
export interface Layout {
  readonly columns: number;
  readonly hostWidth: number;
  readonly check: boolean;
  readonly glyphs: Glyphs;
}

/** Host names are aligned up to this width; a longer one pushes its own line. */
const WIDEST_HOST = 32;

/** How far everything stands in that belongs to the line above it: details, diffs, messages. */
export const INDENT = 4;

/** Room for host names in a run. */
export function hostWidthOf(event: Extract<RunEvent, { event: "run-started" }>): number {
  const widths = event.plays.flatMap(({ hosts }) => hosts.map((host) => lineWidth([plain(host)])));
  return widths.reduce((widest, width) => Math.max(widest, Math.min(width, WIDEST_HOST)), 0);
}

/** `● node-1  `: what every line about a host begins with. */
export function hostHead(mark: Span, host: string, { hostWidth }: Layout): Line {
  const name = plain(host);
  const gap = Math.max(0, hostWidth - lineWidth([name])) + 2;
  return [mark, plain(" "), name, plain(" ".repeat(gap))];
}

/** `balance: apt haproxy`. */
export function taskName({ role, task, subject }: TaskRef): string {
  const what = subject === "" ? task : `${task} ${subject}`;
  return role === "" ? what : `${role}: ${what}`;
}

/** A heading that reaches over the terminal, though not over the widest ones. */
export function rule(text: string, style: Style, { columns, glyphs }: Layout): Line {
  const lead = [span("dim", `${glyphs.rule.repeat(2)} `), span(style, text), plain(" ")];
  const rest = Math.min(columns, 100) - 1 - lineWidth(lead);
  return [...lead, span("dim", glyphs.rule.repeat(Math.max(2, rest)))];
}

/** `1 host`, `3 hosts`. */
export function count(amount: number, one: string, many = `${one}s`): string {
  return `${amount} ${amount === 1 ? one : many}`;
}

/** `node-1, node-2, node-3 and 7 more`. */
export function someOf(names: readonly string[], most = 3): string {
  if (names.length <= most) return names.join(", ");
  return `${names.slice(0, most).join(", ")} and ${names.length - most} more`;
}
