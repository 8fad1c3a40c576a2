import test from "ava";
import type { RunEvent } from "../../../lib/engine/events.ts";
import { jsonReport } from "../../../lib/report/json.ts";
import { change, counts, finished, hostFinished, playFinished, playStarted, recap, runStarted } from "./_report.ts";

function written(...events: readonly RunEvent[]): string {
  const writes: string[] = [];
  const report = jsonReport({ write: (text) => void writes.push(text) });
  for (const event of events) report.listener(event);
  report.end();
  return writes.join("");
}

test("each event is an object on a line of its own", (t) => {
  const hosts = ["a"];
  const text = written(
    runStarted(hosts),
    playStarted(hosts),
    finished("a", "changed", "base: hostname a", { changes: [change("live", "b\n", "a")], durationMs: 3.7 }),
    hostFinished("a"),
    playFinished,
    recap({ a: counts(0, 1) }),
  );
  const lines = text.split("\n");
  t.is(lines.pop(), "");
  t.deepEqual(
    lines.map((line) => JSON.parse(line).event),
    ["run-started", "play-started", "task-finished", "host-finished", "play-finished", "recap"],
  );
  t.is(JSON.parse(lines[2] ?? "").changes[0].from, "b\n");
  t.is(JSON.parse(lines[2] ?? "").durationMs, 4);
});

test("the recap has its keys in their order, whatever order they came in", (t) => {
  const a = { skipped: 5, failed: 3, ok: 1, unreachable: 4, changed: 2 };
  t.is(
    written({ durationMs: 811.6, hosts: { "web-2": a, "web-1": counts(1) }, event: "recap" }),
    '{"event":"recap","hosts":{' +
      '"web-2":{"ok":1,"changed":2,"failed":3,"unreachable":4,"skipped":5},' +
      '"web-1":{"ok":1,"changed":0,"failed":0,"unreachable":0,"skipped":0}},"durationMs":812}\n',
  );
});

test("the recap is the last line", (t) => {
  const text = written(recap({}), { event: "notice", message: "too late" });
  t.is(text, '{"event":"recap","hosts":{},"durationMs":1200}\n');
});

test("what controls a terminal is escaped, and comes back when it is parsed", (t) => {
  const message = "\x1b[2J\x9b2J\x7f\u2028\ud800";
  const text = written({ event: "notice", message });
  t.notRegex(text.trimEnd(), /[\p{Cc}\u2028]|\p{Surrogate}/u);
  t.is(JSON.parse(text).message, message);
});
