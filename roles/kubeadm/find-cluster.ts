import type { Host } from "../../lib/engine/host.ts";
import { HostwrightError, isUnreachable, TaskError } from "../../lib/errors.ts";
import { apiAnswer } from "./api-answer.ts";
import { type ControlPlane, hostPort, type NodeParams, ownServer } from "./cluster.ts";
import { judgeControlPlane } from "./judge.ts";
import { type NodeState, nodeState, TELLING } from "./node-state.ts";

/** What the other control planes and the endpoint say about a cluster. */
export type Search =
  /** A control plane that is in, by which others can be let in. */
  | { readonly kind: "found"; readonly via: Host; readonly controlPlane: ControlPlane; readonly state: NodeState }
  /** In check mode: a pending change will form it. */
  | { readonly kind: "pending"; readonly until: string }
  /** Everybody was asked, and there is none. */
  | { readonly kind: "none" }
  /** None was found, but not everybody could be asked. */
  | { readonly kind: "unsure"; readonly why: readonly string[] };

type Said =
  | { readonly kind: "asked"; readonly controlPlane: ControlPlane; readonly host: Host; readonly state: NodeState }
  | { readonly kind: "unknown"; readonly until: string }
  | { readonly kind: "silent"; readonly why: string };

/** The question to a control plane about itself and these nodes. */
export function controlPlaneState(
  { name, address }: ControlPlane,
  { bindPort, controlPlanes }: Pick<NodeParams, "bindPort" | "controlPlanes">,
  more: readonly string[] = [],
) {
  const nodes = [...new Set([name, ...controlPlanes.map((each) => each.name), ...more])];
  return nodeState({ server: ownServer({ address, bindPort }), nodes });
}

/**
 * Asks every other control plane, and the endpoint, whether there is a cluster. The first host of an inventory proves
 * nothing: it may be the one that was replaced.
 *
 * @throws TaskError, when two control planes are in different clusters
 */
export async function findCluster(host: Host, params: NodeParams, own: NodeState): Promise<Search> {
  const others = params.controlPlanes.filter(({ name }) => name !== params.name);
  const [endpoint, ...said] = await Promise.all([
    host.read(apiAnswer(`https://${hostPort(params.endpoint)}`)),
    ...others.map((controlPlane) => ask(host.peer(controlPlane.name), controlPlane, params)),
  ]);
  const asked = said.filter((each) => each.kind === "asked");
  const standings = asked.map((each) => ({
    ...each,
    standing: judgeControlPlane(each.state, each.controlPlane.name, each.controlPlane.address),
  }));
  const formed = standings.filter(({ standing }) => standing.kind === "in");
  const authorities = new Set(formed.map(({ state }) => state.ca));
  if (authorities.size > 1) {
    const names = formed.map(({ controlPlane }) => controlPlane.name).join(", ");
    throw new TaskError(
      `${host.name}: ${names} are not in the same cluster: their certificate authorities differ. ` +
        "One inventory describes one cluster; reset those that belong to none (playbooks/reset.mts)",
    );
  }
  const [first] = formed;
  if (first) return { kind: "found", via: first.host, controlPlane: first.controlPlane, state: first.state };
  const pending = said.find((each) => each.kind === "unknown");
  if (pending) return { kind: "pending", until: pending.until };
  const why = [
    ...said.flatMap((each) => (each.kind === "silent" ? [each.why] : [])),
    ...standings.flatMap(({ controlPlane, standing }) => {
      if (standing.kind === "silent")
        return [`${controlPlane.name} was formed, but its API server does not answer: ${standing.said}`];
      if (standing.kind === "half")
        return [
          `${controlPlane.name} is half formed: it has ${standing.found.join(", ")}, and lacks ${standing.missing.join(", ")}`,
        ];
      return [];
    }),
    // A half formed API server of this host's own may be what is behind the endpoint.
    ...(endpoint.known && endpoint.value !== "silent" && !own.files.has(TELLING.apiServer)
      ? [`https://${hostPort(params.endpoint)} is answered (${endpoint.value}), though by none of the control planes`]
      : []),
  ];
  return why.length > 0 ? { kind: "unsure", why } : { kind: "none" };
}

/**
 * Does something on the first control plane that can be reached: any of them speaks for the cluster.
 *
 * @throws ConnectionError or TimeoutError of the last, when none can
 */
export async function onAnyOf(
  host: Host,
  controlPlanes: readonly ControlPlane[],
  work: (controlPlane: Host) => Promise<unknown>,
): Promise<void> {
  for (const [index, { name }] of controlPlanes.entries()) {
    try {
      await work(host.peer(name));
      return;
    } catch (error) {
      if (!isUnreachable(error) || index === controlPlanes.length - 1) throw error;
    }
  }
}

async function ask(host: Host, controlPlane: ControlPlane, params: NodeParams): Promise<Said> {
  try {
    const answer = await host.read(controlPlaneState(controlPlane, params, [params.name]));
    if (!answer.known) return { kind: "unknown", until: answer.until };
    return { kind: "asked", controlPlane, host, state: answer.value };
  } catch (error) {
    if (!(error instanceof HostwrightError)) throw error;
    return { kind: "silent", why: `${controlPlane.name} could not be asked: ${error.message}` };
  }
}
