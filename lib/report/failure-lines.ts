import type { ReportedError } from "../engine/events.ts";
import { printable } from "../text/printable.ts";
import { count, INDENT, type Layout, rule, someOf } from "./layout.ts";
import { type Line, plain, span, wrapLine } from "./styled.ts";

/** What went wrong, with the host and the task or play that it went wrong in. */
export interface Failure {
  readonly host: string;
  /** `balance: apt haproxy`, or `unreachable`. */
  readonly place: string;
  readonly error: ReportedError;
}

/** Failures of one cause are told once, for so many causes. */
const MOST_CAUSES = 20;

/** The message wrapped to the width, and below it what the command printed last. */
export function errorLines(host: string, error: ReportedError, layout: Layout, mostOutput = 20): readonly Line[] {
  const message = messageOf(host, error)
    .split("\n")
    .flatMap((line) => wrapLine([plain(line)], layout.columns, { indent: INDENT }));
  const output = (error.output ?? []).slice(-mostOutput).map(printable);
  return [...message, ...output.map((line) => [span("dim", `${" ".repeat(INDENT)}${layout.glyphs.bar} ${line}`)])];
}

/** The list at the end, so that nobody has to scroll for what failed. */
export function failureList(failures: readonly Failure[], layout: Layout): readonly Line[] {
  if (failures.length === 0) return [];
  const causes = [...Map.groupBy(failures, causeOf).values()];
  const lines = causes.slice(0, MOST_CAUSES).flatMap((same): readonly Line[] => {
    const [first] = same;
    if (!first) return [];
    const head: Line = [
      span("failed", `${layout.glyphs.failed} `),
      span("title", someOf(same.map(({ host }) => host))),
      plain(`  ${first.place}`),
    ];
    return [...wrapLine(head, layout.columns, { hanging: INDENT }), ...errorLines(first.host, first.error, layout, 3)];
  });
  const left = causes.slice(MOST_CAUSES).flat().length;
  const more: readonly Line[] = left > 0 ? [[plain(`${layout.glyphs.more} and ${count(left, "more failure")}`)]] : [];
  return [rule("Failed", "failed", layout), ...lines, ...more];
}

function causeOf({ host, place, error }: Failure): string {
  return JSON.stringify([place, messageOf(host, error)]);
}

/** The message without what stands around it anyway: the host before it, and the output that is shown below it. */
function messageOf(host: string, { message, output = [] }: ReportedError): string {
  const own = message.startsWith(`${host}: `) ? message.slice(host.length + 2) : message;
  const quoted = output.length > 0 ? `: ${output.slice(-3).join(" / ")}` : "";
  return quoted === "" ? own : own.replace(quoted, () => "");
}
