import test from "ava";
import { UsageError } from "../../../lib/errors.ts";
import { hostsEntry as lines } from "../../../lib/reads/hosts-entry.ts";
import { hostsEntry } from "../../../lib/tasks/hosts-entry.ts";
import { planOf, printed, shown } from "./_plan.ts";

const names: [string, ...string[]] = ["cp-1.example.com", "cp-1"];
const entry = { address: "10.0.0.11", names };
const gone = { ...entry, absent: true } as const;

const rows: readonly [string, Parameters<typeof hostsEntry>[0], string, string][] = [
  [
    "names of this address alone are converged",
    entry,
    "10.0.0.11 cp-1.example.com cp-1",
    "converged: in /etc/hosts, and of no other address",
  ],
  ["an entry that is missing is made", entry, "", "names: absent -> 10.0.0.11 cp-1.example.com cp-1"],
  [
    "an address of the machine itself, as Debian's installer writes it, gives way",
    entry,
    "127.0.1.1 cp-1",
    "names: 127.0.1.1 cp-1 -> 10.0.0.11 cp-1.example.com cp-1",
  ],
  [
    "another address gives way even where the wanted line is there",
    entry,
    "10.0.0.11 cp-1.example.com cp-1\n10.0.0.9 cp-1",
    "names: 10.0.0.11 cp-1.example.com cp-1, 10.0.0.9 cp-1 -> 10.0.0.11 cp-1.example.com cp-1",
  ],
  [
    "the canonical name comes first",
    entry,
    "10.0.0.11 cp-1 cp-1.example.com",
    "names: 10.0.0.11 cp-1 cp-1.example.com -> 10.0.0.11 cp-1.example.com cp-1",
  ],
  [
    "an alias that is missing is added",
    entry,
    "10.0.0.11 cp-1.example.com",
    "names: 10.0.0.11 cp-1.example.com -> 10.0.0.11 cp-1.example.com cp-1",
  ],
  ["names that should not be there and are not are converged", gone, "10.0.0.9 cp-1", "converged: not there"],
  ["names that should not be there go", gone, "10.0.0.11 cp-1\n10.0.0.9 cp-1", "names: 10.0.0.11 cp-1 -> absent"],
];

for (const [title, params, record, expected] of rows) {
  test(title, (t) => {
    const answer = printed(lines("10.0.0.11", names), `=\n${record}\n`);
    t.is(shown(planOf(hostsEntry(params), [answer])), expected);
  });
}

test("what is no address or name is refused, as is localhost elsewhere", (t) => {
  for (const params of [
    { address: "10.0.0", names: ["a"] as [string] },
    { address: "10.0.0.1", names: ["a b"] as [string] },
    { address: "10.0.0.1", names: ["localhost"] as [string] },
    { address: "10.0.0.1", names: ["a", "A"] as [string, string] },
  ]) {
    t.throws(() => hostsEntry(params), { instanceOf: UsageError });
  }
  t.notThrows(() => hostsEntry({ address: "::1", names: ["localhost"] }));
});
