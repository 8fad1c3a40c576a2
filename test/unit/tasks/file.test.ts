import test from "ava";
import { UsageError } from "../../../lib/errors.ts";
import { fileContent } from "../../../lib/reads/file-content.ts";
import { path } from "../../../lib/reads/path.ts";
import { file } from "../../../lib/tasks/file.ts";
import { commandsOf, given, planOf, printed, shown } from "./_plan.ts";

const motd = { path: "/etc/motd", content: "hello\n" };
const content = fileContent("/etc/motd", Buffer.from("hello\n"), { secret: false });
const directory = given(path("/etc"), { type: "directory", mode: "0755", owner: "root", group: "root" });
const regular = (mode: string, owner = "root") =>
  given(path("/etc/motd"), { type: "file", mode, owner, group: "root" });

const rows: readonly [string, Parameters<typeof file>[0], Parameters<typeof planOf>[1], string][] = [
  [
    "a file that is as demanded is converged",
    motd,
    [regular("0644"), directory, given(content, { kind: "same" })],
    "converged: 6 bytes, 0644",
  ],
  [
    "a file that is missing is made",
    motd,
    [given(path("/etc/motd"), { type: "absent" }), directory, given(content, { kind: "absent" })],
    "file: absent -> 6 bytes, 0644 root:root",
  ],
  [
    "without its directory it is blocked",
    motd,
    [
      given(path("/etc/motd"), { type: "absent" }),
      given(path("/etc"), { type: "absent" }),
      given(content, { kind: "absent" }),
    ],
    "blocked: directory /etc does not exist",
  ],
  [
    "a directory in its place blocks it",
    motd,
    [
      given(path("/etc/motd"), { type: "directory", mode: "0755", owner: "root", group: "root" }),
      directory,
      given(content, { kind: "not a file" }),
    ],
    "blocked: /etc/motd is a directory; remove it first if it should be a file",
  ],
  [
    "a symlink in its place is replaced",
    motd,
    [printed(path("/etc/motd"), "a1ff root 0 root 0 /etc/motd\n"), directory, given(content, { kind: "same" })],
    "content: symlink -> 6 bytes, 0644 root:root",
  ],
  [
    "a mode that differs is set without writing",
    motd,
    [regular("0600"), directory, given(content, { kind: "same" })],
    "mode: 0600 -> 0644",
  ],
  [
    "a file that should not be there is removed",
    { path: "/etc/motd", absent: true },
    [regular("0644")],
    "file: present -> absent",
  ],
];

for (const [title, params, state, expected] of rows) {
  test(title, (t) => t.is(shown(planOf(file(params), state)), expected));
}

test("an owner that differs is set, and the mode again behind it", (t) => {
  const plan = planOf(file(motd), [regular("0644", "daemon"), directory, given(content, { kind: "same" })]);
  t.deepEqual(commandsOf(plan), ["chown root:root /etc/motd", "chmod 0644 /etc/motd"]);
});

test("parameters that are not valid are told all at once", (t) => {
  const error = t.throws(() => file({ path: "etc/motd", content: "x", mode: "888" }), { instanceOf: UsageError });
  t.regex(error?.message ?? "", /path: has to be an absolute path/);
  t.regex(error?.message ?? "", /mode: has to be three or four octal digits/);
});
