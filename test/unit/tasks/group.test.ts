import test from "ava";
import { groupId, group as state } from "../../../lib/reads/group.ts";
import { group } from "../../../lib/tasks/group.ts";
import { commandsOf, planOf, printed, shown } from "./_plan.ts";

const rows: readonly [string, Parameters<typeof group>[0], string, string, readonly string[]][] = [
  ["one that is there is converged", { name: "ops" }, "ops:x:1003\n", "converged: present", []],
  ["its number is compared", { name: "ops", gid: 1003 }, "ops:x:1003\n", "converged: present, gid 1003", []],
  ["one that is missing is made", { name: "ops" }, "", "group: absent -> present", ["groupadd ops"]],
  [
    "a system group with a number",
    { name: "ops", gid: 300, system: true },
    "",
    "group: absent -> present, gid 300",
    ["groupadd -r -g 300 ops"],
  ],
  ["a number that differs is set", { name: "ops", gid: 4 }, "ops:x:1003\n", "gid: 1003 -> 4", ["groupmod -g 4 ops"]],
  [
    "one that should not be there goes",
    { name: "ops", absent: true },
    "ops:x:1003\n",
    "group: present -> absent",
    ["groupdel ops"],
  ],
  ["one that should not be there and is not", { name: "ops", absent: true }, "", "converged: absent", []],
];

for (const [title, params, record, expected, commands] of rows) {
  test(title, (t) => {
    const plan = planOf(group(params), [printed(state("ops"), record), printed(groupId("ops"), record)]);
    t.is(shown(plan), expected);
    t.deepEqual(commandsOf(plan), commands);
  });
}

test("root stays", (t) => {
  t.throws(() => group({ name: "root", absent: true }), { message: /root has to stay/ });
});
