import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { render } from "../../../lib/shell/sh.ts";
import { keepLine } from "../../../lib/tasks/kept-line.ts";

const mine = '$1 == ENVIRON["hw_key"]';

/** Keeps a line `key …` in a file of this text, and returns what the file is then. */
function kept(text: string | undefined, line: string | undefined): string {
  const directory = mkdtempSync(join(tmpdir(), "kept-line-"));
  try {
    const path = join(directory, "file");
    if (text !== undefined) writeFileSync(path, text, "latin1");
    const edit = keepLine({ path, header: "# new\n" }, mine, line, { hw_key: "key" });
    execFileSync("sh", ["-c", render(edit)], { env: { PATH: process.env.PATH, LC_ALL: "C" } });
    return readFileSync(path, "latin1");
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const rows: readonly [string, string | undefined, string | undefined, string][] = [
  ["a line is added at the end", "one\n", "key 1", "one\nkey 1\n"],
  ["a last line without its end gets one", "one", "key 1", "one\nkey 1\n"],
  ["a file that is missing is made with its header", undefined, "key 1", "# new\nkey 1\n"],
  [
    "the first line that is ours is replaced, others that are ours go",
    "a\nkey 0\nb\nkey 2\n",
    "key 1",
    "a\nkey 1\nb\n",
  ],
  ["a line is taken out", "a\nkey 0\nb\n", undefined, "a\nb\n"],
  [
    "bytes that are no text stay, and what the shell or awk would read is text",
    "\xff\x81\\n $x\n",
    "key \\t'$x\"&",
    "\xff\x81\\n $x\nkey \\t'$x\"&\n",
  ],
];

for (const [title, text, line, expected] of rows) {
  test(title, (t) => t.is(kept(text, line), expected));
}

test("mode and symlink stay, and nothing is left beside the file", (t) => {
  const directory = mkdtempSync(join(tmpdir(), "kept-line-"));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "link");
  writeFileSync(join(directory, "real"), "a\n");
  chmodSync(join(directory, "real"), 0o640);
  symlinkSync("real", path);
  execFileSync("sh", ["-c", render(keepLine({ path, header: "" }, mine, "key 1", { hw_key: "key" }))]);
  t.is(readFileSync(join(directory, "real"), "utf8"), "a\nkey 1\n");
  t.is(statSync(path).mode & 0o777, 0o640);
  t.deepEqual(readdirSync(directory), ["link", "real"]);
});

test("a program that fails leaves the file as it was, and its status is told", (t) => {
  const directory = mkdtempSync(join(tmpdir(), "kept-line-"));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "file");
  writeFileSync(path, "a\n");
  const edit = render(keepLine({ path, header: "" }, "BEGIN { exit 3 } 1", "key 1", {}));
  const error = t.throws(() => execFileSync("sh", ["-c", edit])) as Error & { status: number };
  t.is(error.status, 3);
  t.is(readFileSync(path, "utf8"), "a\n");
  t.deepEqual(readdirSync(directory), ["file"]);
});
