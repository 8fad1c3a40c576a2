import type { Host } from "../../lib/engine/host.ts";
import { TaskError } from "../../lib/errors.ts";
import { assert } from "../../lib/tasks/assert.ts";
import { type Finding, findingLine } from "./checks.ts";
import type { PreflightNode, Role } from "./nodes.ts";

/** A line in the report of this host. That it is blocked is not the end: there are others to tell about. */
export async function tell(host: Host, that: string, findings: readonly string[]): Promise<void> {
  try {
    await host.converge([assert({ that, findings })]);
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
  }
}

/** What is stated of all nodes: `3 control planes and 1 worker fit together`. */
export function together(nodes: readonly PreflightNode[]): string {
  const some = (role: Role) => {
    const { length } = nodes.filter((node) => node.role === role);
    return length === 0 ? [] : [`${length} ${role}${length === 1 ? "" : "s"}`];
  };
  return `${[...some("control plane"), ...some("worker")].join(" and ")} fit together`;
}

/** The findings were told already, unless there was no host to tell them under. */
export function summary(host: string, findings: readonly Finding[], untold: boolean): string {
  const count = findings.length === 1 ? "1 finding has" : `${findings.length} findings have`;
  const text = `${host}: ${count} to be put right first; nothing was changed. A check is left out by its name in \`allow\``;
  return untold ? [text, ...findings.map((finding) => `- ${findingLine(finding)}`)].join("\n") : text;
}
