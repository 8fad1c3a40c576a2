import test from "ava";
import { TaskError, UsageError } from "../../../lib/errors.ts";
import { commandStatus } from "../../../lib/reads/command-status.ts";
import { fileContent, fileDigest, sha256 } from "../../../lib/reads/file-content.ts";
import { type PathState, path } from "../../../lib/reads/path.ts";
import { textFile } from "../../../lib/reads/text-file.ts";
import { Secret, secretText } from "../../../lib/secrets/secret.ts";
import { template } from "../../../lib/tasks/template.ts";
import { given, planOf, shown } from "./_plan.ts";

const regular = (mode = "0644"): PathState => ({ type: "file", mode, owner: "root", group: "root" });
const directory = given(path("/etc"), { type: "directory", mode: "0755", owner: "root", group: "root" });
const self = (state: PathState) => given(path("/etc/x.conf"), state);
const digest = (text: string | undefined) =>
  given(fileDigest("/etc/x.conf"), text === undefined ? undefined : sha256(text));
const old = (text: string) => given(textFile("/etc/x.conf"), { kind: "text", text });

const fixed = { path: "/etc/x.conf", text: "port 1\n" };
const dependent = template({
  path: "/etc/x.conf",
  mode: "640",
  from: { status: commandStatus("test -e /a"), other: textFile("/etc/other") },
  text: ({ status, other }) => `status ${status}\n${other.kind === "text" ? other.text : ""}`,
});
const answers = [given(commandStatus("test -e /a"), 3), given(textFile("/etc/other"), { kind: "absent" })];
const written = "status 3\n";

test("a text as it should be is converged", (t) => {
  const content = given(fileContent("/etc/x.conf", Buffer.from("port 1\n"), { secret: false }), { kind: "same" });
  t.is(shown(planOf(template(fixed), [self(regular()), directory, content])), "converged: 7 bytes, 0644");
});

test("a text that is missing is written", (t) => {
  const content = given(fileContent("/etc/x.conf", Buffer.from("port 1\n"), { secret: false }), { kind: "absent" });
  const plan = planOf(template(fixed), [self({ type: "absent" }), directory, content]);
  t.is(shown(plan), "file: absent -> 7 bytes, 0644 root:root");
});

test("a text from answers that is as it should be is converged, and the old one is not looked at", (t) => {
  t.is(
    shown(planOf(dependent, [self(regular("0640")), directory, digest(written), ...answers])),
    "converged: 9 bytes, 0640",
  );
});

test("one that differs is written, with both texts in the diff", (t) => {
  const plan = planOf(dependent, [self(regular("0640")), directory, digest("x\n"), old("x\n"), ...answers]);
  t.is(shown(plan), "content: other content -> 9 bytes, 0640 root:root");
  t.deepEqual(plan.kind === "pending" && plan.changes[0].diff, { path: "/etc/x.conf", before: "x\n", after: written });
});

test("one that is missing is written", (t) => {
  const plan = planOf(dependent, [self({ type: "absent" }), directory, digest(undefined), ...answers]);
  t.is(shown(plan), "file: absent -> 9 bytes, 0640 root:root");
});

test("a mode that differs is set without writing", (t) => {
  t.is(shown(planOf(dependent, [self(regular()), directory, digest(written), ...answers])), "mode: 0644 -> 0640");
});

test("without its directory it is blocked before the text is made", (t) => {
  const plan = planOf(dependent, [self({ type: "absent" }), given(path("/etc"), { type: "absent" })]);
  t.is(shown(plan), "blocked: directory /etc does not exist");
});

test("secrets mask both sides, and the old text is not read", (t) => {
  const password = new Secret("hunter2");
  const task = template({
    path: "/etc/x.conf",
    from: { status: commandStatus("true") },
    secrets: [password],
    text: ({ status }) => secretText`${status} ${password}\n`,
  });
  t.deepEqual(task.secrets, [password]);
  t.false(task.reads.some(({ kind }) => kind.name === "text-file"));
  const plan = planOf(task, [self(regular()), directory, digest("x"), given(commandStatus("true"), 0)]);
  t.is(plan.kind === "pending" && plan.changes[0].diff?.masked, "secret");
});

test("a secret that was not named is an error, not a leak", (t) => {
  const task = template({ path: "/etc/x.conf", from: {}, text: () => secretText`${new Secret("x")}` });
  const error = t.throws(() => planOf(task, [self(regular()), directory, digest("x")]), { instanceOf: TaskError });
  t.regex(error?.message ?? "", /template \/etc\/x.conf: its text has secrets in it; name them in "secrets"/);
});

test("a function that throws names its template", (t) => {
  const text = (): string => {
    throw new Error("no such interface");
  };
  const task = template({ path: "/etc/x.conf", from: {}, text });
  const error = t.throws(() => planOf(task, [self(regular()), directory, digest("x")]), { instanceOf: TaskError });
  t.is(error?.message, "template /etc/x.conf: its text could not be made: no such interface");
});

test("parameters that are not valid are told", (t) => {
  const error = t.throws(() => template({ path: "x", from: {}, text: () => "", mode: "9" }), {
    instanceOf: UsageError,
  });
  t.regex(error?.message ?? "", /path: has to be an absolute path.*\n.*mode: has to be three or four octal digits/);
  t.throws(() => template({ path: "/x", text: 5 as never }), { message: /text: has to be a string or a SecretText/ });
});
