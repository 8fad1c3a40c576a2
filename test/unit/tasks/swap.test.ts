import test from "ava";
import { swap as state } from "../../../lib/reads/swap.ts";
import { swap } from "../../../lib/tasks/swap.ts";
import { commandsOf, planOf, printed, shown } from "./_plan.ts";

const rows: readonly [string, string, string][] = [
  ["a host without swap is converged", "", "converged: already off, now and after a reboot"],
  [
    "what is on at boot goes before what is on now, since it would come back",
    "active /dev/sda2\nactive /swap.img\nfstab UUID=2c1e\nfstab /swap.img\n",
    "/etc/fstab: UUID=2c1e, /swap.img -> commented out\nswap: /dev/sda2, /swap.img -> off",
  ],
  ["swap that nothing switches on at boot is switched off", "active /dev/sda2\n", "swap: /dev/sda2 -> off"],
  [
    "units of systemd are masked or disabled",
    "active /dev/zram0\nunit mask dev-zram0.swap\nunit mask dev-zram0.swap\nunit disable zramswap.service\n",
    "unit dev-zram0.swap: switched on at boot -> masked\nunit zramswap.service: switched on at boot -> disabled\nswap: /dev/zram0 -> off",
  ],
];

for (const [title, record, expected] of rows) {
  test(title, (t) => t.is(shown(planOf(swap({ off: true }), [printed(state, record)])), expected));
}

test("each swap is named to swapoff, blanks as blanks", (t) => {
  const plan = planOf(swap({ off: true }), [printed(state, "active /swap\\040file\nactive /dev/sda2\n")]);
  t.deepEqual(commandsOf(plan), ["swapoff '/swap file'", "swapoff /dev/sda2"]);
});

test("units with a backslash in their names keep it", (t) => {
  const name = "dev-disk-by\\x2dpartuuid-0.swap";
  const plan = planOf(swap({ off: true }), [printed(state, `unit mask ${name}\n`)]);
  t.deepEqual(commandsOf(plan), [`systemctl mask -- '${name}'`]);
});
