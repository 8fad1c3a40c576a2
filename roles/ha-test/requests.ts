import { z } from "zod";
import { defineAction } from "../../lib/engine/action.ts";
import { CommandError } from "../../lib/errors.ts";
import { rawSh, type Sh, sh } from "../../lib/shell/sh.ts";
import { type Sample, samplesIn } from "./samples.ts";

/** An answer that comes later than this is none. */
const ANSWER_SECONDS = 2;

const Params = z.strictObject({
  url: z.url(),
  perSecond: z.int().min(1).max(20),
  seconds: z.int().min(1),
});

/**
 * Sends requests at an even rate for a time, each in a process of its own so that one that hangs does not hold up the
 * next, and returns what became of them.
 *
 * @throws CommandError where there is no curl
 */
export const countRequests = defineAction({
  name: "countRequests",
  params: Params,
  changes: false,
  subject: ({ url, perSecond }) => `${perSecond} a second to ${url}`,
  async run(context, params): Promise<readonly Sample[]> {
    const { status, output } = await context.run(requestsScript(params), {
      deadlineMs: (params.seconds * 2 + 30) * 1000,
    });
    const samples = samplesIn(output);
    if (status === 0 && samples.length > 0) return samples;
    throw new CommandError(`${context.host}: no requests could be counted: ${output.at(-1) ?? `status ${status}`}`, {
      status,
      output,
    });
  },
});

/**
 * Results are told at the end, many to a line, since an action gets the last lines only. Times are the kernel's uptime
 * in hundredths of a second: nobody sets it back.
 */
export function requestsScript({ url, perSecond, seconds }: z.output<typeof Params>): Sh {
  return sh`(
command -v curl >/dev/null || { echo 'curl is not installed'; exit 69; }
f=$(mktemp) || exit
trap 'rm -f "$f"' EXIT
trap 'exit 143' HUP INT TERM
now() { read -r u _ </proc/uptime; u=${rawSh("${u%.*}${u#*.}")}; }
ask() {
  now; b=$u
  c=$(curl -ks -o /dev/null -m ${ANSWER_SECONDS} -w '%{http_code}' -- ${url})
  now; printf '%s:%s:%s\\n' "$b" "$u" "$c" >>"$f"
}
now; end=$((u + ${seconds * 100}))
while now; [ "$u" -lt "$end" ]; do
  ask &
  sleep ${(1 / perSecond).toFixed(2)}
done
wait
paste -s -d ' ' "$f" | fold -s -w 4000
)`;
}
