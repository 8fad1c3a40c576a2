import test from "ava";
import { Chalk } from "chalk";
import { cutLine, lineWidth, paint, plain, span, wrapLine } from "../../../lib/report/styled.ts";
import { textOf } from "./_report.ts";

const line = [span("title", "node-1"), plain("  apt: "), span("dim", "Setting up haproxy")];

const cuts: readonly [title: string, cells: number, mark: string, expected: string][] = [
  ["a line that fits is whole", 32, "…", "node-1  apt: Setting up haproxy"],
  ["a longer one is cut in the span that passes the edge", 20, "…", "node-1  apt: Settin…"],
  ["a span that just fits makes room for the mark", 13, "…", "node-1  apt:…"],
  ["a mark of several cells has its room", 20, "...", "node-1  apt: Sett..."],
];

for (const [title, cells, mark, expected] of cuts) {
  test(`cut: ${title}`, (t) => {
    const cut = cutLine(line, cells, mark);
    t.is(textOf([cut]), expected);
    t.true(lineWidth(cut) <= cells);
  });
}

const wraps: readonly [title: string, text: string, options: Parameters<typeof wrapLine>[2], ...expected: string[]][] =
  [
    ["a line that fits is one row", "one two three", {}, "one two three"],
    ["rows are broken at spaces", "one two three four five six", {}, "one two three four", "five six"],
    ["rows are indented", "one two three four", { indent: 4, hanging: 2 }, "    one two three", "      four"],
    [
      "a word that is longer has a row of its own",
      "a /a/very/long/path/indeed b",
      {},
      "a",
      "/a/very/long/path/indeed",
      "b",
    ],
    ["spaces at the beginning are kept", "  - one", {}, "  - one"],
    ["nothing is no row", "", {}],
  ];

for (const [title, text, options, ...expected] of wraps) {
  test(`wrap: ${title}`, (t) => t.is(textOf(wrapLine([plain(text)], 20, options)), expected.join("\n")));
}

test("wrap: a word over several spans is not broken, and keeps its styles", (t) => {
  const rows = wrapLine([plain("content: absent and then /etc/"), span("changed", "haproxy")], 28);
  t.is(textOf(rows), "content: absent and then\n/etc/haproxy");
  t.deepEqual(rows[1], [plain("/etc/"), span("changed", "haproxy")]);
});

test("colours are those of the given level", (t) => {
  t.is(paint([span("failed", "no"), plain(" way")], new Chalk({ level: 1 })), "\x1b[31mno\x1b[39m way");
  t.is(paint([span("failed", "no"), plain(" way")], new Chalk({ level: 0 })), "no way");
});
