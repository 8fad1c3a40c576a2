import { structuredPatch } from "diff";
import type { TextDiff } from "../engine/plan.ts";
import { count } from "./layout.ts";
import { type Line, span } from "./styled.ts";

/**
 * Beyond so many lines of a diff only their number is told. Texts that differ in more lines are not compared at all:
 * the time that takes grows with the square of the difference.
 */
const MOST_LINES = 1000;

const NO_NEWLINE = "\\ no newline at end of file";

/** A unified diff with three lines of context; a file that is new, or gone, as a whole. */
export function diffLines(diff: TextDiff): readonly Line[] {
  if (diff.masked === "secret") return [[span("dim", "(secret, not shown)")]];
  if (diff.masked !== undefined) return [[span("dim", `(${diff.masked})`)]];
  const { before, after } = diff;
  if (before === after) return [[span("dim", "(no difference in text)")]];
  if (before === undefined) return limited(wholeFile(after ?? "", "+"));
  if (after === undefined) return limited(wholeFile(before, "-"));
  const patch = structuredPatch("", "", before, after, undefined, undefined, {
    context: 3,
    maxEditLength: MOST_LINES,
  });
  if (!patch) {
    const sizes = `${count(lineCount(before), "line")} before, ${lineCount(after)} after`;
    return [[span("dim", `(too different to compare: ${sizes})`)]];
  }
  return limited(
    patch.hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
      [span("hunk", `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`)],
      ...lines.map(diffLine),
    ]),
  );
}

function wholeFile(text: string, sign: "+" | "-"): readonly Line[] {
  if (text === "") return [[span("dim", "(empty)")]];
  const ended = text.endsWith("\n");
  const lines = (ended ? text.slice(0, -1) : text).split("\n");
  const hunk = sign === "+" ? `@@ -0,0 +1,${lines.length} @@` : `@@ -1,${lines.length} +0,0 @@`;
  return [[span("hunk", hunk)], ...lines.map((line) => diffLine(sign + line)), ...(ended ? [] : [diffLine("\\")])];
}

function diffLine(line: string): Line {
  if (line.startsWith("+")) return [span("added", line)];
  if (line.startsWith("-")) return [span("removed", line)];
  return line.startsWith("\\") ? [span("dim", NO_NEWLINE)] : [span("plain", line)];
}

function limited(lines: readonly Line[]): readonly Line[] {
  if (lines.length <= MOST_LINES) return lines;
  return [
    ...lines.slice(0, MOST_LINES),
    [span("dim", `(${count(lines.length - MOST_LINES, "more line", "more lines")})`)],
  ];
}

function lineCount(text: string): number {
  return text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
}
