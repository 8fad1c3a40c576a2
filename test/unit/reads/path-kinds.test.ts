import test from "ava";
import type { Read, ReadKind } from "../../../lib/engine/read.ts";
import { commandStatus } from "../../../lib/reads/command-status.ts";
import { linkTarget } from "../../../lib/reads/link-target.ts";
import { mountsBelow } from "../../../lib/reads/mounts-below.ts";
import { textFile, textOf } from "../../../lib/reads/text-file.ts";
import { treeListing } from "../../../lib/reads/tree-listing.ts";
import { answersIn } from "./_split.ts";

// Printed by Debian 12, dash 0.5.12 and coreutils 9.1.
const rows: readonly [string, (key: string) => Read<unknown>, readonly string[], string, readonly unknown[]][] = [
  [
    "targets of symlinks, one with a line break, and what is none",
    linkTarget,
    ["/srv/cap/nl", "/srv/cap/none", "/srv/cap/rel", "/srv/cap/txt"],
    "> a\u0001b\n-\n> ../x\n-\n",
    ["a\u0001b", undefined, "../x", undefined],
  ],
  ["a target that looks like something else", linkTarget, ["/a", "/b"], "> -\n> > x \n", ["-", "> x "]],
  [
    "texts: one with a NUL, an empty one, none, a directory, one beyond ASCII",
    textFile,
    ["/srv/cap/bin", "/srv/cap/empty", "/srv/cap/none", "/srv/cap/sub", "/srv/cap/txt"],
    "= YQBi\n= \n-\nx\n= R3LDvMOfZQo=\n",
    [
      { kind: "not text" },
      { kind: "text", text: "" },
      { kind: "absent" },
      { kind: "not text" },
      { kind: "text", text: "Grüße\n" },
    ],
  ],
  [
    "mount points, one with a space; a mount point counts for itself",
    mountsBelow,
    ["/dev", "/srv/cap", "/srv/cap/m x", "/srv/cap/sub"],
    "/dev\n/dev/shm\n/dev/pts\n/dev/kmsg\n/dev/mqueue\n.\n/srv/cap/m\\040x\n.\n/srv/cap/m\\040x\n.\n.\n",
    [["/dev", "/dev/shm", "/dev/pts", "/dev/kmsg", "/dev/mqueue"], ["/srv/cap/m x"], ["/srv/cap/m x"], []],
  ],
  [
    "a mount point that is mounted twice is named once",
    mountsBelow,
    ["/dev"],
    "/dev\n/dev/shm\n/dev/shm\n.\n",
    [["/dev", "/dev/shm"]],
  ],
  [
    "a tree, sorted, with a line break in a name; a file and nothing have none",
    treeListing,
    ["/srv/cap", "/srv/cap/empty", "/srv/none"],
    "= L3Nydi9jYXAvcmVsAC9zcnYvY2FwL2VtcHR5AC9zcnYvY2FwL20geAAvc3J2L2NhcC9zdWIAL3Nydi9jYXAvc3ViL3R3bwpsaW5lcwAvc3J2L2NhcC90eHQAL3Nydi9jYXAvbmwAL3Nydi9jYXAvYmluAA==\n-\n-\n",
    [["bin", "empty", "m x", "nl", "rel", "sub", "sub/two\nlines", "txt"], undefined, undefined],
  ],
  ["an empty directory", treeListing, ["/srv"], "= \n", [[]]],
  ["statuses of tests", commandStatus, ["((", "exit 3", "true"], "2\n3\n0\n", [2, 3, 0]],
];

for (const [title, read, keys, printed, expected] of rows) {
  test(title, (t) => {
    const kind: ReadKind<unknown> = read("").kind;
    t.deepEqual(answersIn(kind, keys, printed), { answers: [...expected], whole: true });
  });
}

test("a status that did not come is an error", (t) => {
  t.throws(() => answersIn(commandStatus("").kind, ["a", "b"], "0\n"), { message: 'no exit status of "b"' });
});

test("text keeps its byte order mark; what is too large or not UTF-8 is no text", (t) => {
  t.deepEqual(textOf(Buffer.from("\ufeffx")), { kind: "text", text: "\ufeffx" });
  t.deepEqual(textOf(Buffer.from([0xc3, 0x28])), { kind: "not text" });
  t.deepEqual(textOf(Buffer.alloc(256 * 1024 + 1, "x")), { kind: "not text" });
});
