import type { Host } from "../../lib/engine/host.ts";
import type { Task } from "../../lib/engine/task.ts";
import { TaskError } from "../../lib/errors.ts";
import { caHash } from "./ca-hash.ts";
import type { NodeParams } from "./cluster.ts";
import type { JoinSecrets } from "./config.yaml.ts";
import type { Search } from "./find-cluster.ts";
import { allowJoin, endJoin, makeJoinSecrets } from "./join-secrets.ts";

/** What a joining node has to be told. */
export interface Invitation {
  readonly secrets: JoinSecrets;
  readonly caHash: string;
}

/**
 * Joins a node by a control plane that is in: lets it in there, converges the task that joins here, and takes the
 * token back whatever comes of it.
 */
export async function join(
  host: Host,
  params: NodeParams,
  search: Extract<Search, { kind: "found" }>,
  options: { readonly kubernetesVersion: string; readonly certificates: boolean },
  task: (invitation: Invitation) => Task,
): Promise<void> {
  const { via, controlPlane, state } = search;
  if (state.ca === undefined) throw new TaskError(`${controlPlane.name}: /etc/kubernetes/pki/ca.crt is missing there`);
  const secrets = makeJoinSecrets();
  const told = { node: params.name, secrets };
  await via.act(allowJoin({ ...told, ...options }));
  try {
    await host.converge([task({ secrets, caHash: caHash(state.ca) })]);
  } catch (error) {
    // What went wrong first is what has to be told; a token that stays ends by itself.
    await via.act(endJoin(told)).catch(() => {});
    throw error;
  }
  await via.act(endJoin(told));
}

/** In check mode, where the cluster itself is yet to be formed: the task is planned, its secrets are never sent. */
export async function planJoin(host: Host, task: (invitation: Invitation) => Task): Promise<void> {
  await host.converge([task({ secrets: makeJoinSecrets(), caHash: "sha256:unknown" })]);
}
