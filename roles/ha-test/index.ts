import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { defineAction } from "../../lib/engine/action.ts";
import type { Host } from "../../lib/engine/host.ts";
import { defineRole } from "../../lib/engine/role.ts";
import { TaskError } from "../../lib/errors.ts";
import { reboot } from "../../lib/tasks/reboot.ts";
import { holdsAddress } from "./holds-address.ts";
import { HaTestParams } from "./params.ts";
import { countRequests } from "./requests.ts";
import { countSamples } from "./samples.ts";
import { stopBalancer } from "./stop-balancer.ts";
import { judge } from "./verdict.ts";

/** Requests are counted this long before the fault, so that it is known that they were answered. */
const LEAD_SECONDS = 2;

/** And this long after the holder is well again: an address that moves back does so within a few advertisements. */
const REST_SECONDS = 6;

/**
 * Proves that the virtual address survives its holder: the balancer of the host that holds it stops for a while, or the
 * host reboots, while another host counts requests through the address.
 *
 * It runs on one host, and finds the holder itself; requests are sent from this host, or from another balancer where
 * this one holds the address. The balancer is started again in any case, by the host itself if need be. In check mode
 * nothing is done.
 *
 * Told are the longest gap between answers, how many requests failed, when the old holder gave the address up, and who
 * holds it in the end. It fails where the gap is too long, and where the address did not move, or moved back: that would
 * cut connections a second time.
 *
 * @example
 * play("Prove the address", "control_plane[0]", (host) => [
 *   haTest({ virtualAddress: host.vars.virtual_address, balancers: host.group("control_plane").map(({ name }) => name) }),
 * ])
 * @throws UsageError for parameters that are not valid; TaskError with the numbers, where something was not as it has to
 *   be; CommandError where the balancer could not be stopped or started
 */
export const haTest = defineRole({
  name: "haTest",
  params: HaTestParams,
  async run(host, params) {
    const { virtualAddress: address, perSecond, outageSeconds } = params;
    const url = `https://${address.includes(":") ? `[${address}]` : address}:${params.port}${params.path}`;
    const at: At = (name) => host.peer(name);
    const seconds = LEAD_SECONDS + outageSeconds + REST_SECONDS;
    const requests = countRequests({ url, perSecond, seconds });
    if (host.check) {
      await host.act(requests);
      return;
    }
    const [holder, ...others] = await holdersOf(address, params.balancers, at);
    if (holder === undefined || others.length > 0) {
      throw new TaskError(
        `${host.name}: ${address} is held by ${[holder, ...others].join(" and ") || "none of the balancers"}, and has to be held by one of them before it can be tested`,
      );
    }
    const observer = holder === host.name ? params.balancers.find((name) => name !== holder) : host.name;
    const [samples, fault] = await both(at(observer ?? host.name).act(requests), befall(at(holder), params));
    if (!samples.acted) return;
    const seen = {
      ...countSamples(samples.value),
      address,
      before: holder,
      after: await holdersOf(address, params.balancers, at),
      releasedMs: fault.releasedMs,
    };
    const { sentence, faults } = judge(seen, params.maxGapSeconds * 1000);
    await host.act(measured({ sentence }));
    if (faults.length > 0) throw new TaskError(`${host.name}: ${faults.join("; ")} (${sentence})`);
  },
});

/** The numbers as a line of the report. */
const measured = defineAction({
  name: "measured",
  params: z.strictObject({ sentence: z.string() }),
  changes: false,
  subject: ({ sentence }) => sentence,
  run: async () => {},
});

type At = (name: string) => Host;

async function holdersOf(address: string, balancers: readonly string[], at: At): Promise<readonly string[]> {
  const held = await Promise.all(balancers.map((name) => at(name).read(holdsAddress(address))));
  return balancers.filter((_, index) => held[index]?.known && held[index].value);
}

async function befall(
  holder: Host,
  { method, unit, virtualAddress: address, outageSeconds, rebootSeconds }: z.output<typeof HaTestParams>,
): Promise<{ readonly releasedMs?: number | undefined }> {
  await sleep(LEAD_SECONDS * 1000);
  if (method === "reboot") {
    await holder.act(reboot({ reason: "a test of the virtual address", deadlineMs: rebootSeconds * 1000 }));
    return {};
  }
  const stopped = await holder.act(stopBalancer({ unit, address, outageSeconds }));
  return stopped.acted ? stopped.value : {};
}

/** Both to their ends, whatever becomes of the other: no session is left with something in flight. */
async function both<A, B>(a: Promise<A>, b: Promise<B>): Promise<readonly [A, B]> {
  await Promise.allSettled([a, b]);
  return [await a, await b];
}
