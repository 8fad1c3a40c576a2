import test from "ava";
import type { HostCounts } from "../../../lib/engine/events.ts";
import { type Ends, recapTable, verdict } from "../../../lib/report/recap-lines.ts";
import { counts, layout, textOf } from "./_report.ts";

const recap = (hosts: Readonly<Record<string, HostCounts>>) => ({ event: "recap", hosts, durationMs: 1200 }) as const;
const none: Ends = { failed: 0, unreachable: 0, interrupted: 0, unknown: 0, blocked: 0 };
const three = (one: HostCounts) => recap({ "node-1": one, "node-2": counts(14), "node-3": counts(14) });
const rule = `── Recap ${"─".repeat(70)}`;

test("hosts are listed in the order of the event", (t) => {
  const lines = recapTable(recap({ "web-2": counts(14, 3), db: counts(7, 0, 1, 0, 112), "web-1": counts(0) }), layout);
  t.is(
    textOf(lines),
    [
      rule,
      "host   ok  changed  failed  unreachable  skipped",
      "web-2  14        3       0            0        0",
      "db      7        0       1            0      112",
      "web-1   0        0       0            0        0",
    ].join("\n"),
  );
});

test("in check mode the column says what would change", (t) => {
  const lines = recapTable(recap({ a: counts(1, 12) }), { ...layout, check: true });
  t.is(
    textOf(lines.slice(1)),
    "host  ok  would change  failed  unreachable  skipped\na      1            12       0            0        0",
  );
});

test("zeros are dim, failures and the hosts that had them red", (t) => {
  const row = recapTable(recap({ a: counts(0, 2, 1) }), layout)[2] ?? [];
  t.deepEqual(
    row.filter(({ text }) => text.trim() !== "").map(({ style }) => style),
    ["failed", "dim", "changed", "failed", "dim", "dim"],
  );
});

test("a thousand hosts with few outcomes are few rows", (t) => {
  const hosts = Object.fromEntries(
    Array.from({ length: 1000 }, (_, index) => [
      `web-${index}`,
      index === 7 ? counts(3, 1, 1) : index % 333 === 10 ? counts(0, 0, 0, 1) : counts(14),
    ]),
  );
  const start = performance.now();
  const lines = recapTable(recap(hosts), layout);
  t.is(
    textOf(lines.slice(1)),
    [
      "host       ok  changed  failed  unreachable  skipped",
      "996 hosts  14        0       0            0        0",
      "web-7       3        1       1            0        0",
      "3 hosts     0        0       0            1        0",
    ].join("\n"),
  );
  t.true(performance.now() - start < 200);
});

const verdicts: readonly [title: string, hosts: ReturnType<typeof recap>, Partial<Ends>, boolean, string][] = [
  ["nothing changed", three(counts(14)), {}, false, "Converged: 0 changed on 3 hosts in 1.2 s"],
  ["something changed", three(counts(9, 5)), {}, false, "Converged: 5 tasks changed on 1 of 3 hosts in 1.2 s"],
  ["one task, one host", recap({ a: counts(0, 1) }), {}, false, "Converged: 1 task changed on 1 host in 1.2 s"],
  [
    "a host failed",
    three(counts(9, 4, 1)),
    { failed: 1 },
    false,
    "1 of 3 hosts failed; 4 tasks changed on 1 of 3 hosts in 1.2 s",
  ],
  [
    "hosts failed in several ways",
    three(counts(9)),
    { failed: 1, unreachable: 2 },
    false,
    "1 of 3 hosts failed, 2 unreachable; 0 changed on 3 hosts in 1.2 s",
  ],
  [
    "interrupted",
    three(counts(9)),
    { interrupted: 2 },
    false,
    "2 of 3 hosts interrupted; 0 changed on 3 hosts in 1.2 s",
  ],
  ["check: nothing", three(counts(14)), {}, true, "Check: nothing would change on 3 hosts, in 1.2 s"],
  [
    "check: some things, not all known",
    three(counts(9, 5)),
    { unknown: 2, blocked: 1 },
    true,
    "Check: 5 tasks would change on 1 of 3 hosts (2 not yet known), 1 blocked, in 1.2 s",
  ],
  [
    "check: a host was unreachable",
    three(counts(0, 0, 0, 1)),
    { unreachable: 1 },
    true,
    "Check: nothing would change on 3 hosts, 1 of 3 hosts unreachable, in 1.2 s",
  ],
  ["no hosts", recap({}), {}, false, "Nothing to do: no hosts (1.2 s)"],
];

for (const [title, event, ends, check, expected] of verdicts) {
  test(`verdict: ${title}`, (t) => t.is(textOf([verdict(event, { ...none, ...ends }, check)]), expected));
}
