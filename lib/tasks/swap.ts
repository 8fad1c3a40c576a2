import { z } from "zod";
import { type Change, pending, predict } from "../engine/plan.ts";
import { defineTask } from "../engine/task.ts";
import { isSwapLine, type SwapState, swap as swapState } from "../reads/swap.ts";
import { command, rawSh } from "../shell/sh.ts";
import { rewriteText, textTouched } from "./kept-line.ts";

/** Put before the lines of fstab that are switched off. */
export const OFF_MARK = "# off by hostwright: ";

/**
 * No swap, now and after each boot, as the kubelet wants it unless it is told otherwise.
 *
 * Lines of /etc/fstab become comments, those with `noauto` aside; systemd's units for swap that come from elsewhere
 * (zram, partitions that it finds by itself) are masked, or disabled where they are ordinary units. What was in swap
 * has to fit into memory, and moving it there may take minutes.
 *
 * The way back: `sed -i 's/^# off by hostwright: //' /etc/fstab && swapon -a`, and `systemctl unmask` or `enable` for
 * the units that were named.
 *
 * @example
 * swap({ off: true });
 * @throws UsageError for parameters that are not valid
 * @see swapoff(8), fstab(5), systemd.swap(5)
 */
export const swap = defineTask({
  name: "swap",
  params: z.strictObject({ off: z.literal(true) }),
  subject: () => "off",
  reads: () => ({ state: swapState }),
  plan(_params, { state }) {
    const changes: Change[] = [];
    let after: SwapState = state;
    const change = (what: string, from: readonly string[], to: string, part: Partial<SwapState>) => {
      after = { ...after, ...part };
      return { what, from: from.join(", "), to, predicts: [predict(swapState, after)] };
    };
    // What is switched on at boot goes first: systemd would otherwise start again what is switched off.
    if (state.fstab.length > 0) {
      const step = change("/etc/fstab", state.fstab, "commented out", { fstab: [] });
      changes.push({
        ...step,
        commands: [rewriteText({ path: "/etc/fstab", header: "" }, comment, { hw_mark: OFF_MARK }), reload],
        predicts: [...step.predicts, ...textTouched("/etc/fstab")],
      });
    }
    for (const { name, remedy } of state.units) {
      changes.push({
        ...change(`unit ${name}`, ["switched on at boot"], remedy === "mask" ? "masked" : "disabled", {
          units: after.units.filter((unit) => unit.name !== name),
        }),
        commands: [command(["systemctl", remedy, "--", name])],
      });
    }
    if (state.active.length > 0) {
      changes.push({
        ...change("swap", state.active, "off", { active: [] }),
        commands: state.active.map((name) => command(["swapoff", name])),
        deadlineMs: 15 * 60_000,
      });
    }
    return pending(changes, "already off, now and after a reboot");
  },
});

const comment = `${isSwapLine} { print ENVIRON["hw_mark"] $0; next } { print }`;

/** Units made from fstab are made anew. */
const reload = rawSh("[ ! -d /run/systemd/system ] || systemctl daemon-reload");
