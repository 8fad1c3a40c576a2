import test from "ava";
import { UsageError } from "../../../lib/errors.ts";
import { hostname as state } from "../../../lib/reads/hostname.ts";
import { hostname } from "../../../lib/tasks/hostname.ts";
import { planOf, printed, shown } from "./_plan.ts";

const rows: readonly [string, string, string][] = [
  ["a name that is so now and at boot is converged", "cp-1\ncp-1\n", "converged: now and after a reboot"],
  ["comments in /etc/hostname do not matter", "cp-1\n# node\n\n cp-1 \n", "converged: now and after a reboot"],
  [
    "a name that differs is given",
    "debian\ndebian\n",
    "name now: debian -> cp-1\nname in /etc/hostname: debian -> cp-1",
  ],
  [
    "a name that would be lost at the next boot is kept",
    "cp-1\nlocalhost\n",
    "name in /etc/hostname: localhost -> cp-1",
  ],
  ["without /etc/hostname it is made", "cp-1\n", "name in /etc/hostname: absent -> cp-1"],
];

for (const [title, record, expected] of rows) {
  test(title, (t) => t.is(shown(planOf(hostname({ name: "CP-1" }), [printed(state, record)])), expected));
}

test("names that no host can have are refused", (t) => {
  for (const name of [
    "",
    "a_b",
    "-a",
    "10.0.0.1",
    "a..b",
    `${"a".repeat(64)}`,
    `${"a".repeat(60)}.${"b".repeat(10)}`,
  ]) {
    t.throws(() => hostname({ name }), { instanceOf: UsageError }, name);
  }
});
