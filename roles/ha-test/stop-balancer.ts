import { z } from "zod";
import { defineAction } from "../../lib/engine/action.ts";
import { CommandError } from "../../lib/errors.ts";
import { IpAddress } from "../../lib/params/network.ts";
import { UnitName } from "../../lib/params/units.ts";
import { rawSh, type Sh, sh } from "../../lib/shell/sh.ts";

/** The host starts the balancer by itself this long after it should have been, whatever has become of the controller. */
const SAFETY_SECONDS = 30;

const Params = z.strictObject({
  unit: UnitName,
  address: IpAddress,
  /** How long it stays stopped. */
  outageSeconds: z.int().min(1),
});

/** What became of the address at the holder. */
export interface Stopped {
  /** From the stop until the address was gone; `undefined` where it stayed. */
  readonly releasedMs: number | undefined;
}

/**
 * Stops the balancer of the host that holds the virtual address, for a time, and starts it again.
 *
 * The start is owed before the stop is made: a timer of systemd does it if this does not come to its end, be it that
 * the controller is gone, the line, or this shell.
 *
 * @throws CommandError when the unit does not run again; the timer then tries once more
 * @see systemd-run(1)
 */
export const stopBalancer = defineAction({
  name: "stopBalancer",
  params: Params,
  changes: true,
  subject: ({ unit, outageSeconds }) => `${unit} for ${outageSeconds} s`,
  async run(context, params): Promise<Stopped> {
    const { status, output } = await context.run(stopScript(params), {
      deadlineMs: (params.outageSeconds + SAFETY_SECONDS * 2) * 1000,
    });
    if (status !== 0) {
      const why = output.at(-1) ?? `status ${status}`;
      throw new CommandError(`${context.host}: ${params.unit} was not stopped and started: ${why}`, { status, output });
    }
    return { releasedMs: releasedIn(output) };
  },
});

/** The time in the line `address released after 1230 ms`. */
export function releasedIn(output: readonly string[]): number | undefined {
  const told = output.map((line) => /^address released after (\d+) ms$/.exec(line)?.[1]);
  const ms = told.find((each) => each !== undefined);
  return ms === undefined ? undefined : Number(ms);
}

export function stopScript({ unit, address, outageSeconds }: z.output<typeof Params>): Sh {
  const safety = outageSeconds + SAFETY_SECONDS;
  return sh`(
s=hostwright-start-$$
systemctl is-active --quiet ${unit} || { echo ${`${unit} does not run`}; exit 1; }
systemd-run --quiet --collect --unit "$s" --on-active ${`${safety}s`} --timer-property AccuracySec=1s systemctl start ${unit} || exit
started() { systemctl start ${unit} && systemctl stop "$s.timer"; }
trap 'r=$?; started; exit "$r"' EXIT
trap 'exit 143' HUP INT TERM
now() { read -r u _ </proc/uptime; u=${rawSh("${u%.*}${u#*.}")}; }
held() { ip -o addr show | grep -qF ${` ${address}/`}; }
now; b=$u; end=$((u + ${outageSeconds * 100}))
systemctl stop ${unit} || exit
r=
while now; [ "$u" -lt "$end" ]; do
  [ -n "$r" ] || held || { r=$u; echo "address released after $(((u - b) * 10)) ms"; }
  sleep 0.1
done
[ -n "$r" ] || echo 'the address stayed'
trap - EXIT
started || exit
systemctl is-active --quiet ${unit} || { echo ${`${unit} was started and does not run`}; exit 1; }
)`;
}
