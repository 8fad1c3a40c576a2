import { randomBytes } from "node:crypto";
import type { z } from "zod";
import { defineAction } from "../../lib/engine/action.ts";
import { TaskError } from "../../lib/errors.ts";
import { digestOf, placement, testCluster } from "./nodes.ts";
import { SmokeTestParams } from "./params.ts";
import { failureIn, smokeTestScript } from "./script.ts";

/** How often the steps behind the start may use up their time, and what the clean-up may take. */
const STEPS = 8;
const CLEAN_UP_SECONDS = 120;

/** Where the pods of a smoke test ran and how long it took; or that it has passed with these nodes before. */
export type SmokeTested =
  | { readonly ran: true; readonly server: string; readonly client: string; readonly tookMs: number }
  | { readonly ran: false };

/**
 * Runs the smoke test. It changes nothing that stays.
 *
 * @throws TaskError with the step that failed, and as output the pods, events and last lines of them
 */
export const proveCluster = defineAction({
  name: "proveCluster",
  params: SmokeTestParams,
  changes: false,
  subject: ({ image }) => image,
  async run(context, params: z.output<typeof SmokeTestParams>): Promise<SmokeTested> {
    const start = context.now();
    const { host } = context;
    const cluster = await context.read(testCluster(params.kubeconfig));
    if (typeof cluster === "string") {
      throw new TaskError(`${host}: the smoke test cannot ask for the nodes by ${params.kubeconfig}: ${cluster}`);
    }
    const { nodes, passed } = cluster;
    const note = params.repeat === "always" ? undefined : digestOf(nodes);
    if (note !== undefined && note === passed) return { ran: false };
    const where = placement(nodes);
    if (!where) {
      const found = nodes.map(({ name, ready }) => `${name} is ${ready ? "cordoned" : "not ready"}`).join(", ");
      throw new TaskError(`${host}: no node can run the smoke test: ${found || "there is none"}`);
    }
    const id = randomBytes(4).toString("hex");
    const { status, output } = await context.run(
      smokeTestScript({
        ...params,
        ...where,
        note,
        namespace: `smoke-test-${id}`,
        line: `hello from smoke test ${id}`,
      }),
      { deadlineMs: (params.startSeconds + STEPS * (params.stepSeconds + 15) + CLEAN_UP_SECONDS) * 1000 },
    );
    if (status !== 0) {
      const why = failureIn(output) ?? `it ended with status ${status}: ${output.at(-1) ?? "nothing was said"}`;
      throw new TaskError(`${host}: smoke test (${where.server} and ${where.client}): ${why}`, { output });
    }
    return { ran: true, ...where, tookMs: context.now() - start };
  },
});
