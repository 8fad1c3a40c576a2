import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import test from "ava";
import { TaskError, UsageError } from "../../../lib/errors.ts";
import { type ContentState, contentByDigest, fileContent, sha256 } from "../../../lib/reads/file-content.ts";
import { mountsBelow } from "../../../lib/reads/mounts-below.ts";
import { type PathState, path } from "../../../lib/reads/path.ts";
import { treeListing } from "../../../lib/reads/tree-listing.ts";
import { copy } from "../../../lib/tasks/copy.ts";
import { commandsOf, given, planOf, shown } from "./_plan.ts";

const source = mkdtempSync(join(tmpdir(), "hostwright-copy-"));
test.after.always(() => rmSync(source, { recursive: true, force: true }));
writeFileSync(join(source, "note"), "hello\n");
const large = Buffer.alloc(300_000, "large ");
writeFileSync(join(source, "large"), large);
const tree = join(source, "tree");
mkdirSync(join(tree, "sub"), { recursive: true });
writeFileSync(join(tree, "a"), "a\n");
writeFileSync(join(tree, "sub/run"), "#!/bin/sh\n");
chmodSync(join(tree, "sub/run"), 0o755);

const absent: PathState = { type: "absent" };
const directory: PathState = { type: "directory", mode: "0755", owner: "root", group: "root" };
const regular = (mode = "0644"): PathState => ({ type: "file", mode, owner: "root", group: "root" });
const same: ContentState = { kind: "same" };
const at = (where: string, state: PathState) => given(path(where), state);
const text = (where: string, bytes: string, state: ContentState) =>
  given(fileContent(where, Buffer.from(bytes), { secret: false }), state);

const note = { source: join(source, "note"), path: "/srv/note" };
const big = { source: join(source, "large"), path: "/srv/large" };
const bigContent = contentByDigest("/srv/large", sha256(large), { text: false });
const site = { source: tree, path: "/srv/site" };
const siteState = (a: PathState, run: PathState, content: ContentState = same) => [
  at("/srv", directory),
  at("/srv/site", directory),
  at("/srv/site/sub", directory),
  at("/srv/site/a", a),
  at("/srv/site/sub/run", run),
  text("/srv/site/a", "a\n", content),
  text("/srv/site/sub/run", "#!/bin/sh\n", same),
];
const listed = (names: readonly string[], mounts: readonly string[] = []) => [
  given(treeListing("/srv/site"), names),
  given(mountsBelow("/srv/site"), mounts),
];

const rows: readonly [string, Parameters<typeof copy>[0], Parameters<typeof planOf>[1], string][] = [
  [
    "a file that is as its source is converged",
    note,
    [at("/srv/note", regular()), at("/srv", directory), text("/srv/note", "hello\n", same)],
    "converged: 6 bytes, 0644",
  ],
  [
    "one that is missing is copied",
    { ...note, source: pathToFileURL(note.source), mode: "600" },
    [at("/srv/note", absent), at("/srv", directory)],
    "file: absent -> 6 bytes, 0600 root:root",
  ],
  [
    "without its directory it is blocked",
    note,
    [at("/srv/note", absent), at("/srv", absent)],
    "blocked: directory /srv does not exist",
  ],
  [
    "a mode that differs is set without writing",
    note,
    [at("/srv/note", regular("0755")), at("/srv", directory), text("/srv/note", "hello\n", same)],
    "mode: 0755 -> 0644",
  ],
  [
    "a large file is compared by its digest",
    big,
    [at("/srv/large", regular()), at("/srv", directory), given(bigContent, same)],
    "converged: 300000 bytes, 0644",
  ],
  [
    "a large file that differs is replaced",
    big,
    [at("/srv/large", regular()), at("/srv", directory), given(bigContent, { kind: "differs", digest: "0" })],
    "content: other content -> 300000 bytes, 0644 root:root",
  ],
  [
    "a tree that is as its source is converged",
    site,
    siteState(regular(), regular("0755")),
    "converged: 2 files as in the source",
  ],
  [
    "a tree that is missing is made, with what is missing above it",
    site,
    ["/srv", "/srv/site", "/srv/site/sub", "/srv/site/a", "/srv/site/sub/run"].map((each) => at(each, absent)),
    [
      "parent directory: absent -> /srv, 0755 root:root",
      "2 directories: absent -> 0755 root:root",
      "a: file: absent -> 2 bytes, 0644 root:root",
      "sub/run: file: absent -> 10 bytes, 0755 root:root",
    ].join("\n"),
  ],
  [
    "only what differs is touched",
    site,
    siteState(regular(), regular("0644"), { kind: "differs", digest: "0", text: "b\n" }),
    "a: content: other content -> 2 bytes, 0644 root:root\nsub/run: mode: 0644 -> 0755",
  ],
  [
    "a directory in a file's place blocks the tree",
    site,
    siteState(directory, regular("0755")),
    "blocked: /srv/site/a is a directory; remove it first if it should be a file",
  ],
  [
    "a file in a directory's place as well",
    site,
    [
      at("/srv/site/sub", regular()),
      ...siteState(regular(), regular("0755")).filter(([read]) => read !== undefined && read.key !== "/srv/site/sub"),
    ],
    "blocked: /srv/site/sub is not a directory; remove it first",
  ],
  [
    "what is too much goes where it is pruned, each directory as a whole",
    { ...site, prune: true },
    [
      ...siteState(regular(), regular("0755")),
      ...listed(["a", "old", "old/x", "old/x/y", "sub", "sub/run", "sub/zzz"]),
    ],
    "not in the source: old, sub/zzz -> removed",
  ],
  [
    "nothing too much",
    { ...site, prune: true },
    [...siteState(regular(), regular("0755")), ...listed(["a", "sub", "sub/run"], ["/srv/site/sub"])],
    "converged: 2 files as in the source, and nothing else",
  ],
  [
    "what is mounted is not pruned",
    { ...site, prune: true },
    [...siteState(regular(), regular("0755")), ...listed(["a", "old", "sub", "sub/run"], ["/srv/site/old/m"])],
    "blocked: /srv/site/old is not removed, since /srv/site/old/m below it is a mount point: what is mounted would be emptied; unmount it first",
  ],
];

for (const [title, params, state, expected] of rows) {
  test(title, (t) => t.is(shown(planOf(copy(params), state)), expected));
}

test("a diff shows text up to a size", (t) => {
  const small = planOf(
    copy(site),
    siteState(regular(), regular("0755"), { kind: "differs", digest: "0", text: "b\n" }),
  );
  t.deepEqual(small.kind === "pending" && small.changes[0].diff, { path: "/srv/site/a", before: "b\n", after: "a\n" });
  const [, , state = []] = rows.find(([title]) => title.startsWith("a large file that differs")) ?? [];
  const plan = planOf(copy(big), state);
  t.is(plan.kind === "pending" && plan.changes[0].diff?.masked, "too large");
});

test("many names are removed in several commands", (t) => {
  const names = Array.from({ length: 450 }, (_, index) => `extra${String(index).padStart(3, "0")}`);
  const plan = planOf(copy({ ...site, prune: true }), [
    ...siteState(regular(), regular("0755")),
    ...listed(["a", "sub", "sub/run", ...names]),
  ]);
  t.is(shown(plan), "not in the source: extra000, extra001, extra002, extra003, extra004 and 445 more -> removed");
  t.is(commandsOf(plan).length, 3);
});

test("a source that changes after the task was made is not copied", (t) => {
  const file = join(source, "moving");
  writeFileSync(file, "one");
  const task = copy({ source: file, path: "/srv/moving" });
  writeFileSync(file, "two");
  const error = t.throws(() => planOf(task, [at("/srv/moving", absent), at("/srv", directory)]), {
    instanceOf: TaskError,
  });
  t.regex(error?.message ?? "", /moving was changed while the playbook ran/);
});

test("symlinks to files are followed, those to directories are refused", (t) => {
  const links = join(source, "links");
  mkdirSync(links);
  symlinkSync(join(source, "note"), join(links, "note"));
  t.deepEqual(
    copy({ source: links, path: "/x" })
      .reads.filter(({ kind }) => kind.name === "file-content")
      .map(({ key }) => key),
    [`${sha256("hello\n")} t /x/note`],
  );
  symlinkSync(source, join(links, "up"));
  const error = t.throws(() => copy({ source: links, path: "/x" }), { instanceOf: UsageError });
  t.regex(
    error?.message ?? "",
    /source: cannot be copied: .*\/links\/up is a symlink to a directory, which is not followed/,
  );
});

const refused: readonly [Parameters<typeof copy>[0], RegExp][] = [
  [{ source: "files/x", path: "/x" }, /source: has to be an absolute path or a file: URL, .*; found "files\/x"/],
  [{ source: "/nonexistent/x", path: "/x" }, /source: cannot be copied: ENOENT: .*'\/nonexistent\/x'/],
  [{ source: "/dev/null", path: "/x" }, /source: cannot be copied: \/dev\/null is neither a file nor a directory/],
  [{ ...note, prune: true }, /prune: is for a tree, not for a single file/],
  [{ ...site, validate: ["true"] }, /validate: is for a single file, not for a tree/],
  [
    { source: tree, path: "/etc", prune: true },
    /prune: \/etc is a directory of the system itself, which is never pruned/,
  ],
];
for (const [params, message] of refused) {
  test(`refused: ${message.source}`, (t) => {
    t.regex(t.throws(() => copy(params), { instanceOf: UsageError })?.message ?? "", message);
  });
}
