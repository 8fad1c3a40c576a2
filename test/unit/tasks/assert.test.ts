import test from "ava";
import { UsageError } from "../../../lib/errors.ts";
import { assert } from "../../../lib/tasks/assert.ts";
import { planOf, shown } from "./_plan.ts";

const that = "3 nodes are fit for Kubernetes";

const rows: readonly [string, readonly string[], string][] = [
  ["what nothing stands against is converged", [], "converged: examined, and nothing stands against it"],
  ["one finding blocks", ["it swaps; stop that"], "blocked: it swaps; stop that"],
  [
    "several findings block with a line each",
    ["it swaps; stop that", "it has 1 CPU"],
    "blocked: 2 findings\n- it swaps; stop that\n- it has 1 CPU",
  ],
];

for (const [title, findings, expected] of rows) {
  test(title, (t) => t.is(shown(planOf(assert({ that, findings }), [])), expected));
}

test("it asks nothing, and is named by what it states", (t) => {
  const task = assert({ that, findings: ["no"] });
  t.is(task.subject, that);
  t.deepEqual(task.reads, []);
});

test("a statement or a finding of no line, or of several, is refused", (t) => {
  for (const params of [
    { that: "", findings: [] },
    { that: "a\nb", findings: [] },
    { that, findings: [""] },
    { that, findings: ["a\nb"] },
  ]) {
    t.throws(() => assert(params), { instanceOf: UsageError }, JSON.stringify(params));
  }
});
