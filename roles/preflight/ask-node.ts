import type { Host } from "../../lib/engine/host.ts";
import { HostwrightError, TaskError } from "../../lib/errors.ts";
import { hostReadiness, type ReadinessQuestion } from "../../lib/reads/host-readiness.ts";
import { clockOffset } from "./clock.ts";
import type { NodeAnswer, PreflightNode } from "./nodes.ts";

/**
 * Asks one host. That it cannot be asked is an answer as well.
 *
 * @param now the controller's clock
 * @throws TaskError in check mode, when a change is pending that the answer hangs on
 */
export async function askNode(
  host: Host,
  node: PreflightNode,
  question: ReadinessQuestion,
  now: () => number = Date.now,
): Promise<NodeAnswer> {
  const sentMs = now();
  const answer = await host.read(hostReadiness(question)).catch((error: unknown) => {
    if (error instanceof HostwrightError) return error;
    throw error;
  });
  const arrivedMs = now();
  if (answer instanceof HostwrightError) return { kind: "lost", node, why: whyLost(answer, node.name) };
  if (!answer.known) {
    const message = `${node.name}: what it is like is unknown until ${answer.until} is applied; preflight has to be the first play`;
    throw new TaskError(message);
  }
  const offset = clockOffset(sentMs, arrivedMs, answer.value.clock);
  return { kind: "told", node, readiness: answer.value, offset };
}

function whyLost({ kind, message }: HostwrightError, host: string): string {
  const verb = kind === "connection" || kind === "timeout" ? "reached" : "asked";
  return `cannot be ${verb}: ${message.startsWith(`${host}: `) ? message.slice(host.length + 2) : message}`;
}
