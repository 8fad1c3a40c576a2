import test from "ava";
import { UsageError } from "../../../lib/errors.ts";
import { linkTarget } from "../../../lib/reads/link-target.ts";
import { mountsBelow } from "../../../lib/reads/mounts-below.ts";
import { type PathState, path } from "../../../lib/reads/path.ts";
import { symlink } from "../../../lib/tasks/symlink.ts";
import { commandsOf, given, planOf, shown } from "./_plan.ts";

const there = (type: "file" | "directory" | "symlink" | "other"): PathState => ({
  type,
  mode: "0755",
  owner: "root",
  group: "root",
});
const absent: PathState = { type: "absent" };
const state = (self: PathState, target?: string, parent = there("directory")) => [
  given(path("/opt/x"), self),
  given(path("/opt"), parent),
  given(linkTarget("/opt/x"), target),
  given(mountsBelow("/opt/x"), []),
];
const wanted = { path: "/opt/x", target: "releases/2" };

const rows: readonly [string, Parameters<typeof symlink>[0], Parameters<typeof planOf>[1], string][] = [
  [
    "a symlink as demanded is converged",
    wanted,
    state(there("symlink"), "releases/2"),
    "converged: leads to releases/2",
  ],
  ["one that is missing is made", wanted, state(absent), "symlink: absent -> releases/2"],
  ["another target is set", wanted, state(there("symlink"), "releases/1"), "target: releases/1 -> releases/2"],
  [
    "without its directory it is blocked",
    wanted,
    state(absent, undefined, absent as never),
    "blocked: directory /opt does not exist",
  ],
  ["a file in its place blocks it", wanted, state(there("file")), "blocked: /opt/x is a file; force: true replaces it"],
  [
    "a directory in its place blocks it",
    wanted,
    state(there("directory")),
    "blocked: /opt/x is a directory; force: true replaces it with all that is in it",
  ],
  ["force replaces a file", { ...wanted, force: true }, state(there("file")), "target: file -> releases/2"],
  [
    "force replaces a directory",
    { ...wanted, force: true },
    state(there("directory")),
    "target: directory -> releases/2",
  ],
  [
    "a device is not replaced by force either",
    { ...wanted, force: true },
    state(there("other")),
    "blocked: /opt/x is neither a file, a directory nor a symlink",
  ],
  [
    "nor is a directory with a mount point in it",
    { ...wanted, force: true },
    [given(mountsBelow("/opt/x"), ["/opt/x"]), ...state(there("directory")).slice(0, 3)],
    "blocked: /opt/x is not removed, since it is a mount point: what is mounted would be emptied; unmount it first",
  ],
  [
    "a symlink that should not be there is removed",
    { path: "/opt/x", absent: true },
    state(there("symlink"), "y"),
    "symlink: present -> absent",
  ],
  ["none there, none wanted", { path: "/opt/x", absent: true }, state(absent), "converged: absent"],
  [
    "a file is not removed as a symlink",
    { path: "/opt/x", absent: true },
    state(there("file")),
    "blocked: /opt/x is a file, not a symlink; the tasks file and directory remove such",
  ],
];

for (const [title, params, answers, expected] of rows) {
  test(title, (t) => t.is(shown(planOf(symlink(params), answers)), expected));
}

test("a directory of the system is not replaced, even by force", (t) => {
  const plan = planOf(symlink({ path: "/opt", target: "/x", force: true }), [
    given(path("/opt"), there("directory")),
    given(path("/"), there("directory")),
    given(linkTarget("/opt"), undefined),
    given(mountsBelow("/opt"), []),
  ]);
  t.is(shown(plan), "blocked: /opt is a directory of the system itself, which is never removed");
});

test("it is made beside and renamed; a target that begins with a dash is no option", (t) => {
  const [text = ""] = commandsOf(planOf(symlink({ path: "/opt/x", target: "-s y" }), state(absent)));
  t.regex(
    text,
    /ln -s -- '-s y' \/opt\/\.x\.hostwright && chown -h root:root -- .* && mv -fT -- \/opt\/\.x\.hostwright \/opt\/x/,
  );
});

test("a target that is empty or has a line break is refused", (t) => {
  for (const target of ["", "a\nb"]) t.throws(() => symlink({ path: "/opt/x", target }), { instanceOf: UsageError });
});

test("mounts are asked for by force only", (t) => {
  const kinds = (force: boolean) => symlink({ ...wanted, force }).reads.map(({ kind }) => kind.name);
  t.deepEqual(kinds(false), ["path", "path", "link-target"]);
  t.deepEqual(kinds(true), ["path", "path", "link-target", "mounts-below"]);
});
