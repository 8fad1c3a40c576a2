import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import type { Read } from "../../../lib/engine/read.ts";
import { commandStatus } from "../../../lib/reads/command-status.ts";
import { linkTarget } from "../../../lib/reads/link-target.ts";
import { mountsBelow } from "../../../lib/reads/mounts-below.ts";
import { textFile } from "../../../lib/reads/text-file.ts";
import { treeListing } from "../../../lib/reads/tree-listing.ts";
import { render } from "../../../lib/shell/sh.ts";
import { answersIn } from "./_split.ts";

const directory = mkdtempSync(join(tmpdir(), "hostwright-reads-"));
test.after.always(() => rmSync(directory, { recursive: true, force: true }));
mkdirSync(join(directory, "t/sub dir"), { recursive: true });
writeFileSync(join(directory, "t/text"), "Grüße\n");
writeFileSync(join(directory, "t/sub dir/new\nline"), "");
for (const [name, target] of Object.entries({ a: "x  y", b: "../\\n", c: "*", d: "-n" })) {
  symlinkSync(target, join(directory, "t", name));
}
const busybox = ["/bin/busybox", "/usr/bin/busybox"].find((path) => existsSync(path));
const applets = join(directory, "applets");
mkdirSync(applets);
for (const applet of ["readlink", "find", "base64", "head", "tr", "cat", "sh"]) {
  if (busybox) symlinkSync(busybox, join(applets, applet));
}

const shells: readonly (readonly [string, readonly string[], string])[] = [
  ["sh", ["/bin/sh"], "/usr/bin:/bin"],
  ...(existsSync("/bin/bash") ? [["bash", ["/bin/bash", "--norc", "--posix"], "/usr/bin:/bin"] as const] : []),
  ...(busybox ? [["busybox ash with its own tools", [busybox, "ash"], applets] as const] : []),
];

const at = (name: string) => join(directory, "t", name);
const rows: readonly [string, (key: string) => Read<unknown>, readonly string[], readonly unknown[]][] = [
  [
    "link targets",
    linkTarget,
    [at("a"), at("b"), at("c"), at("d"), at("none"), at("text")],
    ["x  y", "../\\n", "*", "-n", undefined, undefined],
  ],
  ["one link target", linkTarget, [at("a")], ["x  y"]],
  ["no link at all", linkTarget, [at("none")], [undefined]],
  [
    "texts",
    textFile,
    [at("c"), at("sub dir"), at("text")],
    [{ kind: "absent" }, { kind: "not text" }, { kind: "text", text: "Grüße\n" }],
  ],
  ["mounts", mountsBelow, ["/none", "/proc/self"], [[], []]],
  ["trees", treeListing, [at("none"), at("sub dir")], [undefined, ["new\nline"]]],
  ["statuses", commandStatus, ["((", "cat; exit 3", "kill -TERM $$", "true"], [2, 3, 143, 0]],
];

for (const [shell, [program = "", ...flags], PATH] of shells) {
  for (const [title, read, keys, expected] of rows) {
    test(`${shell}: ${title}`, (t) => {
      const { kind } = read("");
      const text = `( ${render(kind.ask(keys))}\n)`;
      const printed = execFileSync(program, [...flags, "-c", text], {
        env: { PATH, LC_ALL: "C" },
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });
      const { answers, whole } = answersIn(kind, keys, printed);
      t.true(whole);
      // A shell's own status for a syntax error is 1 or 2.
      const told = title === "statuses" && answers[0] === 1 ? [2, ...answers.slice(1)] : answers;
      t.deepEqual(told, [...expected]);
    });
  }
}
