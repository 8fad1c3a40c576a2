import test from "ava";
import { UsageError } from "../../../lib/errors.ts";
import { commandStatus } from "../../../lib/reads/command-status.ts";
import { fileDigest } from "../../../lib/reads/file-content.ts";
import { type PathState, path } from "../../../lib/reads/path.ts";
import { Secret } from "../../../lib/secrets/secret.ts";
import { render } from "../../../lib/shell/sh.ts";
import { command } from "../../../lib/tasks/command.ts";
import { commandsOf, given, planOf, shown } from "./_plan.ts";

const there: PathState = { type: "file", mode: "0644", owner: "root", group: "root" };
const absent: PathState = { type: "absent" };
const run = "make x";
const digest = { read: fileDigest("/x"), done: (found: string | undefined) => found === "d" };

const rows: readonly [string, ReturnType<typeof command>, Parameters<typeof planOf>[1], string][] = [
  [
    "not needed when what it creates exists",
    command({ run, creates: "/x" }),
    [given(path("/x"), there)],
    "converged: /x exists",
  ],
  ["needed when it does not", command({ run, creates: "/x" }), [given(path("/x"), absent)], "/x: absent -> created"],
  [
    "not needed when what it removes is gone",
    command({ run, removes: "/x" }),
    [given(path("/x"), absent)],
    "converged: /x does not exist",
  ],
  ["needed while it is there", command({ run, removes: "/x" }), [given(path("/x"), there)], "/x: present -> removed"],
  [
    "not needed when its test succeeds",
    command({ run, unless: "test -e\n /x" }),
    [given(commandStatus("test -e\n /x"), 0)],
    "converged: test -e /x succeeds",
  ],
  [
    "needed until it does",
    command({ run, unless: "t" }),
    [given(commandStatus("t"), 127)],
    "t: status 127 -> status 0",
  ],
  [
    "not needed when what it needs fails",
    command({ run, onlyIf: "t" }),
    [given(commandStatus("t"), 4)],
    "converged: t fails with status 4",
  ],
  [
    "needed as long as it succeeds",
    command({ run, onlyIf: "t" }),
    [given(commandStatus("t"), 0)],
    "t: status 0 -> another status",
  ],
  [
    "not needed when a read says so",
    command({ run, when: digest }),
    [given(fileDigest("/x"), "d")],
    "converged: file-digest /x is as wanted",
  ],
  [
    "needed until it does say so",
    command({ run, when: digest }),
    [given(fileDigest("/x"), undefined)],
    "file-digest /x: not as wanted -> as wanted",
  ],
];

for (const [title, task, state, expected] of rows) {
  test(title, (t) => t.is(shown(planOf(task, state)), expected));
}

const needed = [given(path("/x"), absent)];

test("a script is one argument of a shell of its own, words are words", (t) => {
  t.deepEqual(commandsOf(planOf(command({ run: "a 'b'\nc", creates: "/x" }), needed)), [
    "( cd / &&\nexec sh -ec 'a '\\''b'\\''\nc'\n)",
  ]);
  t.deepEqual(commandsOf(planOf(command({ run: ["a", "b c", "$d"], creates: "/x", cwd: "/srv" }), needed)), [
    "( cd /srv &&\nexec a 'b c' '$d'\n)",
  ]);
});

test("a secret is an argument of nothing but the shell's own printf", (t) => {
  const task = command({
    run,
    creates: "/x",
    env: { PATH: "/opt", TOKEN: new Secret("hunter2"), PLAIN: "a b" },
    stdin: new Secret("input"),
  });
  const plan = planOf(task, needed);
  t.deepEqual(commandsOf(plan), [
    "printf <secret> | ( cd / &&\nTOKEN=$(printf <secret>; echo .) && TOKEN=${TOKEN%.} && export TOKEN &&\n" +
      "export PLAIN='a b' &&\nexport PATH=/opt &&\nexec sh -ec 'make x'\n)",
  ]);
  t.regex(
    plan.kind === "pending" ? plan.changes[0].commands.map((each) => render(each)).join() : "",
    /printf %s 'hunter2'; echo/,
  );
  t.deepEqual(
    task.secrets.map((secret) => secret.reveal()),
    ["hunter2", "input"],
  );
});

test("its own deadline is the change's", (t) => {
  const plan = planOf(command({ run, creates: "/x", deadlineMs: 5_000 }), needed);
  t.is(plan.kind === "pending" && plan.changes[0].deadlineMs, 5_000);
});

test("it is called by its title, else by the first line of what it runs", (t) => {
  t.is(command({ run: "\n  first line\nsecond", creates: "/x" }).subject, "first line");
  t.is(command({ run: ["ls", "a b"], creates: "/x" }).subject, "ls 'a b'");
  t.is(command({ run: "x".repeat(80), creates: "/x" }).subject, `${"x".repeat(59)}…`);
  t.is(command({ run, title: "build", creates: "/x" }).subject, "build");
});

test("without what decides it is refused, and with more than one", (t) => {
  // @ts-expect-error: exactly one of the deciders
  const none = t.throws(() => command({ run }), { instanceOf: UsageError });
  t.regex(
    none?.message ?? "",
    /needs what decides whether it has to run: one of creates, removes, unless, onlyIf, when; .*host\.act/,
  );
  // @ts-expect-error: exactly one of the deciders
  const two = t.throws(() => command({ run, creates: "/x", unless: "t" }), { instanceOf: UsageError });
  t.regex(two?.message ?? "", /creates and unless are given; exactly one of them decides/);
  // @ts-expect-error: an answer of the read is text or undefined
  t.is(command({ run, when: { read: fileDigest("/x"), done: (answer: number) => answer === 1 } }).name, "command");
});
