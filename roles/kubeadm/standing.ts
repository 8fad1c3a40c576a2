import type { Host } from "../../lib/engine/host.ts";
import type { Read } from "../../lib/engine/read.ts";
import { waitedInVain, waitFor } from "../../lib/tasks/wait-for.ts";
import type { Standing } from "./judge.ts";
import { type NodeState, TELLING } from "./node-state.ts";

/** How long an API server may take to come up, after a boot for instance, before it is called silent. */
const COMING_UP_MS = 90_000;

export interface Stand {
  readonly state: NodeState;
  readonly standing: Standing;
}

/**
 * Reads where a node stands. One whose files are all there, but whose API server does not answer, is given time: it may
 * have been switched on a moment ago.
 *
 * @returns undefined in check mode, when a pending change decides it
 */
export async function standingOf(
  host: Host,
  read: Read<NodeState>,
  judge: (state: NodeState) => Standing,
  url: string,
): Promise<Stand | undefined> {
  const first = await host.read(read);
  if (!first.known) return undefined;
  const stand = { state: first.value, standing: judge(first.value) };
  if (!mayComeUp(stand)) return stand;
  try {
    const waited = await host.act(waitFor({ http: `${url}/readyz`, insecureTls: true, deadlineMs: COMING_UP_MS }));
    if (!waited.acted) return stand;
  } catch (error) {
    if (!waitedInVain(error)) throw error;
    return stand;
  }
  const second = await host.read(read);
  return second.known ? { state: second.value, standing: judge(second.value) } : undefined;
}

/** Nothing is missing but an answer. A join that has not come to the removal of its first kubeconfig never will. */
function mayComeUp({ state, standing }: Stand): boolean {
  if (standing.kind === "silent") return true;
  if (state.files.has(TELLING.bootstrapConf)) return false;
  return standing.kind === "half" && standing.silent === true;
}

/** What somebody has to know, and do, about a node that is neither in nor out. */
export function halfMessage(host: string, { found, missing }: Extract<Standing, { kind: "half" }>): string {
  return (
    `${host}: the node is neither in a cluster nor out of it: joining or forming was interrupted here.\n` +
    `  it has:   ${found.join(", ")}\n` +
    `  it lacks: ${missing.join(", ")}\n` +
    "  With repair: true it is taken apart (kubeadm reset; its etcd data and pods are lost) and starts again from nothing."
  );
}

export function silentMessage(host: string, url: string, said: string): string {
  return (
    `${host}: the node belongs to a cluster, but its API server at ${url} does not answer: ${said}\n` +
    "  Look at `journalctl -u kubelet` and `crictl ps -a` there. It is not repaired by itself: its data may be whole."
  );
}
