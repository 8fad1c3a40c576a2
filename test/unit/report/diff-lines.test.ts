import test from "ava";
import type { TextDiff } from "../../../lib/engine/plan.ts";
import { diffLines } from "../../../lib/report/diff-lines.ts";
import { textOf } from "./_report.ts";

const numbered = (amount: number, tag: string) =>
  Array.from({ length: amount }, (_, index) => `${tag} ${index + 1}\n`).join("");

const rows: readonly [title: string, diff: Omit<TextDiff, "path">, ...expected: string[]][] = [
  [
    "three lines stand around a difference",
    { before: numbered(9, "line"), after: numbered(9, "line").replace("line 5", "line five") },
    "@@ -2,7 +2,7 @@",
    " line 2",
    " line 3",
    " line 4",
    "-line 5",
    "+line five",
    " line 6",
    " line 7",
    " line 8",
  ],
  ["a new file is added as a whole", { before: undefined, after: "a\nb\n" }, "@@ -0,0 +1,2 @@", "+a", "+b"],
  ["a file that goes is removed as a whole", { before: "a\nb\n", after: undefined }, "@@ -1,2 +0,0 @@", "-a", "-b"],
  ["a new file may be empty", { before: undefined, after: "" }, "(empty)"],
  [
    "a missing newline at the end is told",
    { before: "a\n", after: "a" },
    "@@ -1,1 +1,1 @@",
    "-a",
    "+a",
    "\\ no newline at end of file",
  ],
  [
    "a missing newline at the end of a new file is told",
    { before: undefined, after: "a" },
    "@@ -0,0 +1,1 @@",
    "+a",
    "\\ no newline at end of file",
  ],
  [
    "a difference in spaces and tabs only is kept",
    { before: "\ta\n", after: "    a\n" },
    "@@ -1,1 +1,1 @@",
    "-\ta",
    "+    a",
  ],
  ["a difference in line ends is seen", { before: "a\r\n", after: "a\n" }, "@@ -1,1 +1,1 @@", "-a^M", "+a"],
  [
    "escape sequences in a file are shown",
    { before: undefined, after: "PS1='\x1b[31m'\n" },
    "@@ -0,0 +1,1 @@",
    "+PS1='^[[31m'",
  ],
  ["a secret is not shown", { before: undefined, after: undefined, masked: "secret" }, "(secret, not shown)"],
  ["bytes are not shown", { before: "a", after: undefined, masked: "binary" }, "(binary)"],
  ["what is too large is not shown", { before: undefined, after: undefined, masked: "too large" }, "(too large)"],
  [
    "texts without anything in common are not compared",
    { before: numbered(9000, "a"), after: numbered(8000, "b") },
    "(too different to compare: 9000 lines before, 8000 after)",
  ],
];

for (const [title, diff, ...expected] of rows) {
  test(title, (t) => t.is(textOf(diffLines({ path: "/etc/x", ...diff })), expected.join("\n")));
}

test("of a very long diff the first thousand lines are shown", (t) => {
  const lines = diffLines({ path: "/etc/x", before: undefined, after: numbered(1500, "a") });
  t.is(lines.length, 1001);
  t.is(textOf(lines.slice(-2)), "+a 999\n(501 more lines)");
});

test("lines have the styles of what they are", (t) => {
  const lines = diffLines({ path: "/etc/x", before: "a\nb\n", after: "a\nc\n" });
  t.deepEqual(
    lines.map((line) => line[0]?.style),
    ["hunk", "plain", "removed", "added"],
  );
});
