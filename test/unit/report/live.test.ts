import test from "ava";
import type { RunEvent } from "../../../lib/engine/events.ts";
import { textWidth } from "../../../lib/text/width.ts";
import {
  change,
  counts,
  finished,
  hostFinished,
  playFinished,
  playStarted,
  recap,
  recorded,
  refOf,
  runStarted,
  terminalRows,
  told,
} from "./_report.ts";

const hosts = ["node-1", "node-2", "node-3"];
const started = (host: string, name: string): RunEvent => ({ event: "task-started", host, ...refOf(name) });
const output = (host: string, name: string, line: string): RunEvent => ({
  event: "task-output",
  host,
  ...refOf(name),
  line,
});

/** The rows below the play's title, as a person sees them now. */
function seen(report: ReturnType<typeof recorded>): string {
  return terminalRows(report.text()).slice(3).join("\n");
}

test("running tasks stand at the bottom with their time and what they printed last", (t) => {
  const report = recorded({ isTty: true });
  report.tell(runStarted(hosts), playStarted(hosts), started("node-2", "base: apt haproxy"));
  report.pass(2000);
  report.tell(started("node-1", "base: sysctl a=1"), output("node-2", "base: apt haproxy", "\x1b[2KGet:1 haproxy\r\n"));
  report.tell(output("node-2", "base: apt haproxy", "   "));
  report.pass(10_300);
  t.is(
    seen(report).replaceAll(/[⠀-⣿]/g, "*"),
    "* node-1  base: sysctl a=1   0:10\n* node-2  base: apt haproxy  0:12  Get:1 haproxy\n",
  );
});

test("lines that stay push the block down, and are never mixed with it", (t) => {
  const report = recorded({ isTty: true });
  report.tell(runStarted(hosts), playStarted(hosts), started("node-1", "base: a b"), started("node-2", "base: a b"));
  report.pass(100);
  report.tell(finished("node-1", "changed", "base: a b", { changes: [change("a", "off", "on")] }));
  t.is(
    seen(report).replaceAll(/[⠀-⣿]/g, "*"),
    "● node-1  base: a b                   a: off → on\n* node-2  base: a b  0:00\n",
  );
});

test("a task that began before the end of the one before was told goes on", (t) => {
  const report = recorded({ isTty: true });
  report.tell(runStarted(hosts), playStarted(hosts), started("node-1", "base: a b"), started("node-1", "base: c d"));
  report.tell(finished("node-1", "changed", "base: a b", { reason: "done" }));
  t.true(seen(report).includes("base: c d  0:00"));
  report.tell(finished("node-1", "changed", "base: c d", { reason: "done" }));
  t.false(seen(report).includes("0:00"));
});

test("of many running hosts six are shown", (t) => {
  const many = Array.from({ length: 10 }, (_, index) => `web-${index}`);
  const report = recorded({ isTty: true });
  report.tell(runStarted(many), playStarted(many));
  for (const host of many.toReversed()) {
    report.pass(10);
    report.tell(started(host, "base: apt x"));
  }
  report.pass(100);
  const rows = seen(report).trimEnd().split("\n");
  t.deepEqual(
    rows.slice(0, 6).map((row) => row.slice(2, 7)),
    ["web-4", "web-5", "web-6", "web-7", "web-8", "web-9"],
  );
  t.is(rows[6], "  +4 more hosts");
});

test("a silence of more than a second says who is waited for", (t) => {
  const report = recorded({ isTty: true });
  report.tell(runStarted(hosts), playStarted(hosts));
  report.pass(900);
  t.is(seen(report), "");
  report.tell(hostFinished("node-2"));
  report.pass(5000);
  t.is(seen(report).replaceAll(/[⠀-⣿]/g, "*"), "· node-2  nothing to do\n* waiting for node-1, node-3  0:05\n");
});

for (const columns of [80, 60, 31, 20]) {
  test(`no row of the block is wider than ${columns} columns`, (t) => {
    const report = recorded({ isTty: true, columns: () => columns, color: true });
    const task = "base: file /etc/systemd/system/containerd.service.d/日本語.conf\t\x1b[2J";
    report.tell(runStarted(hosts), playStarted(hosts));
    report.pass(2000);
    for (const host of hosts) {
      report.tell(
        started(host, task),
        output(host, task, "Setting up 日本語パッケージの設定を行っています (1.0-1) ..."),
      );
    }
    report.pass(100);
    const rows = terminalRows(report.text()).slice(-4);
    t.true(rows.some((row) => row.includes("node-3")));
    for (const row of rows) t.true(textWidth(row) < columns, row);
  });
}

test("each frame erases just the rows that the last one drew", (t) => {
  const report = recorded({ isTty: true });
  report.tell(runStarted(hosts), playStarted(hosts), started("node-1", "base: a b"), started("node-2", "base: a b"));
  report.pass(100);
  report.pass(100);
  t.regex(report.writes.at(-1) ?? "", /^\r\x1b\[2A\x1b\[J[^\x1b]*\n[^\x1b]*\n$/);
});

test("rows that a terminal wrapped when it became narrower are erased as well", (t) => {
  let columns = 80;
  const report = recorded({ isTty: true, columns: () => columns });
  report.tell(runStarted(hosts), playStarted(hosts), started("node-1", "base: a b"));
  report.tell(output("node-1", "base: a b", "x".repeat(200)));
  report.pass(100);
  columns = 40;
  report.pass(100);
  t.true(report.writes.at(-1)?.startsWith("\r\x1b[2A\x1b[J"));
});

test("at the end nothing is left of the block, and no timer", (t) => {
  const events = [
    finished("node-1", "changed", "base: a b", { changes: [change("a", "off", "on")] }),
    ...hosts.map((host) => hostFinished(host)),
    playFinished,
    recap({ "node-1": counts(0, 1), "node-2": counts(0), "node-3": counts(0) }),
  ];
  const report = recorded({ isTty: true });
  report.tell(runStarted(hosts), playStarted(hosts), started("node-1", "base: a b"));
  t.deepEqual(report.timers(), [100]);
  report.pass(100);
  report.tell(...events);
  t.deepEqual(report.timers(), []);
  report.end();
  t.is(terminalRows(report.text()).join("\n"), told([runStarted(hosts), playStarted(hosts), ...events]));
});

test("a run that breaks off leaves no block either", (t) => {
  const report = recorded({ isTty: true });
  report.tell(runStarted(hosts), playStarted(hosts), started("node-1", "base: a b"));
  report.pass(100);
  t.not(seen(report), "");
  report.end();
  t.is(seen(report), "");
  t.deepEqual(report.timers(), []);
});

test("without a terminal a long task is told of every half a minute", (t) => {
  const report = recorded();
  report.tell(runStarted(hosts), playStarted(hosts), started("node-1", "base: apt haproxy"));
  const before = report.text().length;
  t.deepEqual(report.timers(), [1000]);
  report.pass(29_000);
  t.is(report.text().length, before);
  report.pass(1500);
  report.pass(1000);
  report.tell(output("node-1", "base: apt haproxy", "\x1b[1mUnpacking\x1b[0m haproxy"));
  report.pass(29_000);
  t.is(
    report.text().slice(before),
    "  node-1  apt haproxy … still running, 30 s\n" +
      "  node-1  apt haproxy … still running, 60 s: Unpacking haproxy\n",
  );
});
