import test from "ava";
import { UsageError } from "../../../lib/errors.ts";
import { mountsBelow } from "../../../lib/reads/mounts-below.ts";
import { type PathState, path } from "../../../lib/reads/path.ts";
import { directory } from "../../../lib/tasks/directory.ts";
import { commandsOf, given, planOf, shown } from "./_plan.ts";

const there = (type: "file" | "directory" | "symlink", mode = "0755", owner = "root"): PathState => ({
  type,
  mode,
  owner,
  group: "root",
});
const absent: PathState = { type: "absent" };
const state = (self: PathState, a: PathState = there("directory"), b: PathState = there("directory")) => [
  given(path("/a"), a),
  given(path("/a/b"), b),
  given(path("/a/b/c"), self),
];
const wanted = { path: "/a/b/c" };
const gone = { path: "/a/b/c", absent: true } as const;

const rows: readonly [string, Parameters<typeof directory>[0], Parameters<typeof planOf>[1], string][] = [
  ["a directory as demanded is converged", wanted, state(there("directory")), "converged: 0755 root:root"],
  ["one that is missing is made", wanted, state(absent), "directory: absent -> 0755 root:root"],
  [
    "parents that are missing are made with it",
    { ...wanted, mode: "0700", owner: "www-data" },
    state(absent, there("directory"), absent),
    "parent directory: absent -> /a/b, 0755 root:root\ndirectory: absent -> 0700 www-data:root",
  ],
  [
    "all of them",
    wanted,
    state(absent, absent, absent),
    "parent directories: absent -> /a, /a/b, 0755 root:root\ndirectory: absent -> 0755 root:root",
  ],
  [
    "a symlink above is taken for a directory",
    wanted,
    state(absent, there("symlink")),
    "directory: absent -> 0755 root:root",
  ],
  [
    "a file above blocks it",
    wanted,
    state(absent, there("file"), absent),
    "blocked: /a, above /a/b/c, is not a directory",
  ],
  [
    "a file in its place blocks it",
    wanted,
    state(there("file")),
    "blocked: /a/b/c is a file; remove it first if it should be a directory",
  ],
  [
    "a symlink in its place blocks it",
    wanted,
    state(there("symlink")),
    "blocked: /a/b/c is a symlink; name the directory that it leads to, or remove it first",
  ],
  ["a mode that differs is set", wanted, state(there("directory", "0700")), "mode: 0700 -> 0755"],
  [
    "owner and mode that differ are set",
    { ...wanted, mode: "750" },
    state(there("directory", "2755", "daemon")),
    "owner: daemon:root -> root:root\nmode: 2755 -> 0750",
  ],
  ["none there, none wanted", gone, [given(path("/a/b/c"), absent)], "converged: absent"],
  [
    "one that should not be there is removed",
    gone,
    [given(path("/a/b/c"), there("directory")), given(mountsBelow("/a/b/c"), [])],
    "directory: present -> absent, with all that is in it",
  ],
  [
    "not while something is mounted in it",
    gone,
    [given(path("/a/b/c"), there("directory")), given(mountsBelow("/a/b/c"), ["/a/b/c/x", "/a/b/c/y"])],
    "blocked: /a/b/c is not removed, since /a/b/c/x below it is a mount point (and 1 more): what is mounted would be emptied; unmount it first",
  ],
  [
    "a file is not removed as a directory",
    gone,
    [given(path("/a/b/c"), there("file"))],
    "blocked: /a/b/c is a file, not a directory; the tasks file and symlink remove such",
  ],
  ["the root is always there", { path: "/" }, [given(path("/"), there("directory"))], "converged: 0755 root:root"],
];

for (const [title, params, answers, expected] of rows) {
  test(title, (t) => t.is(shown(planOf(directory(params), answers)), expected));
}

test("the mode is set with five digits, so that set-ID bits go", (t) => {
  t.deepEqual(commandsOf(planOf(directory(wanted), state(there("directory", "2755")))), ["chmod -- 00755 /a/b/c"]);
  t.deepEqual(commandsOf(planOf(directory(wanted), state(absent))), [
    "(umask 077; mkdir -p -- /a/b/c) && chown -- root:root /a/b/c && chmod -- 00755 /a/b/c",
  ]);
});

test("mounts are not asked for where nothing is removed", (t) => {
  t.deepEqual(
    directory(wanted).reads.map(({ key }) => key),
    ["/a/b/c", "/a", "/a/b"],
  );
});

for (const system of ["/", "/etc", "/var/lib", "/usr/bin", "/home"]) {
  test(`${system} is never removed`, (t) => {
    const error = t.throws(() => directory({ path: system, absent: true }), { instanceOf: UsageError });
    t.regex(error?.message ?? "", /path: is a directory of the system itself, which is never removed/);
  });
}
