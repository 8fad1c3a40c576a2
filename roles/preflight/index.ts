import pLimit from "p-limit";
import { defineRole } from "../../lib/engine/role.ts";
import { TaskError } from "../../lib/errors.ts";
import { askNode } from "./ask-node.ts";
import { findingLine } from "./checks.ts";
import { findingsOf } from "./findings.ts";
import { addressOf } from "./ip-range.ts";
import type { PreflightNode } from "./nodes.ts";
import { PreflightParams } from "./params.ts";
import { summary, tell, together } from "./telling.ts";

/** Hosts that are asked at a time: a login that waits for its turn would look like a slow line, and hide a wrong clock. */
const AT_A_TIME = 32;

/**
 * Looks at all hosts before anything is changed, and tells all that has to be put right, each with its remedy.
 *
 * It runs on one host, the first control plane, and asks the others from there, each in one round trip. Every host gets
 * a line in the report with its findings; what concerns no single host, or one that cannot be reached, is told under the
 * first. It ends with an error when anything was found, in check mode too: give its play `maxFailures: 0`, so that the
 * run ends there. A converged cluster has no findings.
 *
 * @example
 * play("Look before anything is changed", "control_plane[0]", { maxFailures: 0 }, (host) => [
 *   preflight({ controlPlanes: host.group("control_plane").map(({ name, address }) => ({ name, address })), podNetwork }),
 * ])
 * @throws UsageError for parameters that are not valid; TaskError with the number of findings
 * @see Kubernetes documentation, "Installing kubeadm", "Ports and Protocols", "Version Skew Policy"
 */
export const preflight = defineRole({
  name: "preflight",
  params: PreflightParams,
  async run(host, params) {
    const hostOf = (name: string) => (name === host.name ? host : host.peer(name));
    const nodes: readonly PreflightNode[] = [
      ...params.controlPlanes.map((node) => ({ ...node, role: "control plane" as const })),
      ...params.workers.map((node) => ({ ...node, role: "worker" as const })),
    ];
    const limit = pLimit(AT_A_TIME);
    const { kernelModules: modules, virtualAddress } = params;
    const probe = virtualAddress === undefined ? undefined : addressOf(virtualAddress);
    const answers = await limit.map(nodes, (node, index) =>
      askNode(hostOf(node.name), node, { modules, probe: index === 0 ? probe : undefined }),
    );
    const findings = findingsOf(answers, params);
    const told = answers.filter(({ kind }) => kind === "told").map(({ node }) => node);
    const lines = (name?: string) => findings.filter((finding) => finding.host === name).map(findingLine);
    const telling = told.map(async ({ name, role }, index) => {
      await tell(hostOf(name), `${name} is fit to be a ${role}`, lines(name));
      if (index === 0) await tell(hostOf(name), together(nodes), lines());
    });
    const failed = (await Promise.allSettled(telling)).find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") throw failed.reason;
    if (findings.length > 0) throw new TaskError(summary(host.name, findings, told.length === 0));
  },
});
