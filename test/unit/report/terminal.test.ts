import test from "ava";
import type { ReportedError, RunEvent } from "../../../lib/engine/events.ts";
import {
  change,
  counts,
  finished,
  hostFinished,
  playFinished,
  playStarted,
  recap,
  recorded,
  runStarted,
  told,
} from "./_report.ts";

const hosts = ["node-1", "node-2"];
const rule = (title: string) => `── ${title} ${"─".repeat(80 - 5 - title.length)}`;
const motd = { path: "/etc/motd", before: "hello\n", after: "welcome\n" };
const fileChange = (from = "other content") => change("content", from, "8 bytes, 0644 root:root", motd);

test("an apply: changes, counts of what is unchanged, what was slow, a recap, a verdict", (t) => {
  const text = told([
    runStarted(hosts),
    playStarted(hosts),
    finished("node-1", "changed", "base: apt socat", {
      changes: [change("package socat", "absent", "1.7.4.4-2")],
      durationMs: 4210,
    }),
    finished("node-1", "ok", "base: sysctl a=1", { reason: "already 1" }),
    finished("node-1", "ok", "base: sysctl b=1", { reason: "already 1" }),
    hostFinished("node-1"),
    finished("node-2", "changed", "base: apt socat", {
      changes: [change("package socat", "1.7.4.3-1", "1.7.4.4-2")],
      durationMs: 812,
    }),
    finished("node-2", "ok", "base: sysctl a=1", { reason: "already 1" }),
    hostFinished("node-2"),
    playFinished,
    recap({ "node-1": counts(2, 1), "node-2": counts(1, 1) }, 8420),
  ]);
  t.is(
    text,
    `site — 1 play on 2 hosts

${rule("Prepare — 2 hosts")}
● node-1  base: apt socat             package socat: absent → 1.7.4.4-2 (4.2 s)
· node-1  1 changed, 2 unchanged
● node-2  base: apt socat             package socat: 1.7.4.3-1 → 1.7.4.4-2
· node-2  1 changed, 1 unchanged

${rule("Slowest tasks")}
  4.2 s  50 %  base: apt socat  node-1, slowest of 2

${rule("Recap")}
host    ok  changed  failed  unreachable  skipped
node-1   2        1       0            0        0
node-2   1        1       0            0        0

Converged: 2 tasks changed on 2 hosts in 8.4 s
`,
  );
});

test("a check: what would change with its diff once, what is unknown, blocked or skipped", (t) => {
  const secret = { path: "/etc/shadow", before: undefined, after: undefined, masked: "secret" } as const;
  const text = told(
    [
      runStarted(hosts, true),
      playStarted(hosts),
      finished("node-1", "would-change", "base: file /etc/motd", { changes: [fileChange()] }),
      finished("node-1", "unknown", "base: systemd k", { reason: "unknown until apt k is applied" }),
      hostFinished("node-1"),
      finished("node-2", "would-change", "base: file /etc/motd", { changes: [fileChange()] }),
      finished("node-2", "would-change", "base: user root", { changes: [change("password", "set", "new", secret)] }),
      finished("node-2", "blocked", "base: systemd x", { reason: "unit x does not exist" }),
      finished("node-2", "skipped", "base: reboot", { reason: "not done in check mode" }),
      hostFinished("node-2"),
      playFinished,
      recap({ "node-1": counts(0, 2), "node-2": counts(0, 2, 1, 0, 1) }, 900),
    ],
    { diff: true },
  );
  t.is(
    text,
    `site — 1 play on 2 hosts — check mode: nothing is changed

${rule("Prepare — 2 hosts")}
○ node-1  base: file /etc/motd  would change
    content: other content → 8 bytes, 0644 root:root
    @@ -1,1 +1,1 @@
    -hello
    +welcome
? node-1  base: systemd k             unknown until apt k is applied
· node-1  1 would change, 1 unknown
○ node-2  base: file /etc/motd  would change
    content: other content → 8 bytes, 0644 root:root
    (same diff as node-1)
○ node-2  base: user root             would change password: set → new
    /etc/shadow
    (secret, not shown)
! node-2  base: systemd x             blocked: unit x does not exist
- node-2  base: reboot                skipped: not done in check mode
· node-2  2 would change, 1 blocked, 1 skipped

${rule("Recap")}
host    ok  would change  failed  unreachable  skipped
node-1   0             2       0            0        0
node-2   0             2       1            0        1

Check: 4 tasks would change on 2 hosts (1 not yet known), 1 blocked, in 900 ms
`,
  );
});

test("a failure: where it happened with the last output, and again at the end", (t) => {
  const output = ["Reading package lists...", "\x1b[31mE:\x1b[0m Unable to locate package haproxyy"];
  const error: ReportedError = {
    kind: "command",
    message: `node-1: apt haproxyy failed with status 100 (package haproxyy is absent, wanted any version): ${output.join(" / ")}`,
    output,
  };
  const lost = { kind: "connection", message: "node-2: connection lost (ssh root@10.0.0.2:22): read ECONNRESET" };
  const text = told([
    runStarted(hosts),
    playStarted(hosts),
    finished("node-1", "failed", "base: apt haproxyy", { error }),
    hostFinished("node-1", { status: "failed", error }),
    finished("node-2", "ok", "base: sysctl a=1"),
    hostFinished("node-2", { status: "unreachable", error: lost }),
    playFinished,
    recap({ "node-1": counts(0, 0, 1), "node-2": counts(1, 0, 0, 1) }),
  ]);
  t.is(
    text,
    `site — 1 play on 2 hosts

${rule("Prepare — 2 hosts")}
✗ node-1  base: apt haproxyy          failed
    apt haproxyy failed with status 100 (package haproxyy is absent, wanted any
    version)
    │ Reading package lists...
    │ E: Unable to locate package haproxyy
✗ node-1  1 failed
✗ node-2  1 unchanged, unreachable
    connection lost (ssh root@10.0.0.2:22): read ECONNRESET

${rule("Recap")}
host    ok  changed  failed  unreachable  skipped
node-1   0        0       1            0        0
node-2   1        0       0            1        0

${rule("Failed")}
✗ node-1  base: apt haproxyy
    apt haproxyy failed with status 100 (package haproxyy is absent, wanted any
    version)
    │ Reading package lists...
    │ E: Unable to locate package haproxyy
✗ node-2  unreachable
    connection lost (ssh root@10.0.0.2:22): read ECONNRESET

1 of 2 hosts failed, 1 unreachable; 0 changed on 2 hosts in 1.2 s
`,
  );
});

test("a failure between tasks is told with the play", (t) => {
  const error = { kind: "privilege", message: "node-1: sudo wants a password; set ansible_become_password" };
  const text = told([
    runStarted(["node-1"]),
    playStarted(["node-1"]),
    hostFinished("node-1", { status: "failed", error }),
    recap({ "node-1": counts(0, 0, 1) }),
  ]);
  t.true(text.includes("✗ node-1  failed\n    sudo wants a password; set ansible_become_password\n"));
  t.true(text.includes("✗ node-1  in Prepare\n    sudo wants a password"));
});

test("a failure that a role caught is in the verdict all the same", (t) => {
  const error = { kind: "task", message: "node-1: command x did not converge" };
  const text = told([
    runStarted(["node-1"]),
    playStarted(["node-1"]),
    finished("node-1", "failed", "base: command x", { error }),
    hostFinished("node-1"),
    recap({ "node-1": counts(0, 0, 1) }),
  ]);
  t.true(text.endsWith("1 of 1 host failed; 0 changed on 1 host in 1.2 s\n"));
});

test("failures of one cause are one entry at the end", (t) => {
  const many = Array.from({ length: 60 }, (_, index) => `web-${index}`);
  const text = told([
    runStarted(many),
    playStarted(many),
    ...many.map((host) =>
      hostFinished(host, {
        status: "unreachable",
        error: { kind: "connection", message: `${host}: no route to host` },
      }),
    ),
    recap(Object.fromEntries(many.map((host) => [host, counts(0, 0, 0, 1)]))),
  ]);
  const end = text.slice(text.indexOf(rule("Failed")));
  t.is(
    end,
    `${rule("Failed")}
✗ web-0, web-1, web-2 and 57 more  unreachable
    no route to host

60 of 60 hosts unreachable; 0 changed on 60 hosts in 1.2 s
`,
  );
});

test("with many hosts those that end alike are one line, when the play is over", (t) => {
  const many = Array.from({ length: 41 }, (_, index) => `web-${index}`);
  const report = recorded();
  report.tell(runStarted(many), playStarted(many));
  const before = report.text();
  for (const host of many) report.tell(finished(host, "ok", "base: sysctl a=1"), hostFinished(host));
  t.is(report.text(), before);
  report.tell(playFinished);
  t.is(report.text().slice(before.length), "· 41 hosts (web-0, web-1, web-2 and 38 more)  1 unchanged\n");
});

test("verbose tells reasons, connections and round trips", (t) => {
  const text = told(
    [
      runStarted(["a"]),
      playStarted(["a"]),
      { event: "host-connected", host: "a", durationMs: 85 },
      finished("a", "ok", "base: sysctl a=1", { reason: "already 1, now and after a reboot" }),
      hostFinished("a"),
    ],
    { verbose: true },
  );
  t.is(
    text.split("\n").slice(3).join("\n"),
    `  a  connected in 85 ms
· a  base: sysctl a=1            already 1, now and after a reboot
· a  1 unchanged, 1 round trip, 1.2 s
`,
  );
});

test("waits and notices are told, wrapped", (t) => {
  const message = "interrupted: stopping what runs on all the hosts of this play; once more to end at once";
  const text = told([
    runStarted(["a"]),
    { event: "host-waiting", host: "a", message: "waiting for a change" },
    { event: "notice", message },
  ]);
  t.is(
    text,
    `site — 1 play on 1 host
  a  waiting for a change
! interrupted: stopping what runs on all the hosts of this play; once more to
  end at once
`,
  );
});

test("without UTF-8 everything of its own is ASCII", (t) => {
  const events: readonly RunEvent[] = [
    runStarted(hosts, true),
    playStarted(hosts),
    finished("node-1", "would-change", "base: swap off", { changes: [change("swap", "on", "off")] }),
    finished("node-2", "failed", "base: x y", { error: { kind: "task", message: "no", output: ["why"] } }),
    hostFinished("node-1"),
    recap({ "node-1": counts(1), "node-2": counts(0, 0, 1) }),
  ];
  t.regex(told(events, { unicode: false }), /^[\n -~]+$/);
});

test("colours are written when asked for, and only then", (t) => {
  const events = [runStarted(["a"], true), recap({ a: counts(1) })];
  t.true(told(events, { color: true }).includes("\x1b[1msite\x1b[22m"));
  t.false(told(events).includes("\x1b"));
});

test("nothing that a host says reaches the terminal as a control character", (t) => {
  const bad = "\x1b]0;x\x07\x1b[2J\x9b1A\r\u202e";
  const diff = { path: `/etc/${bad}`, before: `${bad}\n`, after: `a${bad}\n` };
  const error = { kind: bad, message: `a: ${bad}`, output: [bad, `x${bad}y`] };
  const text = told(
    [
      runStarted(["a", bad]),
      playStarted(["a", bad]),
      { event: "host-waiting", host: "a", message: bad },
      { event: "notice", message: bad },
      finished("a", "changed", `base: file ${bad}`, { changes: [change(bad, bad, bad, diff)], durationMs: 200 }),
      finished("a", "failed", "base: x", { error }),
      finished("a", "ok", "base: x", { reason: bad }),
      finished("a", "blocked", "base: x", { reason: bad }),
      hostFinished("a", { status: "failed", error: { kind: "task", message: bad } }),
      recap({ a: counts(1), [bad]: counts(0, 0, 0, 1) }),
    ],
    { diff: true, verbose: true },
  );
  t.notRegex(text.replaceAll("\n", ""), /[\p{Cc}\u202e]/u);
});

test("a run on a thousand hosts that all fail in their own way is told fast", (t) => {
  const many = Array.from({ length: 1000 }, (_, index) => `web-${index}.example.org`);
  const report = recorded({ diff: true, isTty: true });
  const start = performance.now();
  report.tell(runStarted(many), playStarted(many));
  for (const host of many) {
    report.tell(finished(host, "changed", "base: file /etc/motd", { changes: [fileChange()], durationMs: 200 }));
    for (let task = 0; task < 20; task++) report.tell(finished(host, "ok", `base: sysctl a${task}=1`));
    const error = { kind: "task", message: `${host}: ${host} has failed in its own way` };
    report.tell(hostFinished(host, { status: "failed", error }));
  }
  report.tell(playFinished, recap(Object.fromEntries(many.map((host) => [host, counts(20, 1, 1)]))));
  t.true(performance.now() - start < 3000);
  t.true(report.text().includes("… and 980 more failures\n"));
  t.true(report.text().includes("1000 hosts  20        1       1            0        0\n"));
});
