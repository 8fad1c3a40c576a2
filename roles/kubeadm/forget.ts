import type { Host } from "../../lib/engine/host.ts";
import { TaskError } from "../../lib/errors.ts";
import { type NodeParams, ownServer } from "./cluster.ts";
import type { Search } from "./find-cluster.ts";
import { forgotten } from "./forgotten.ts";
import { remainsOf } from "./judge.ts";

/**
 * Lets a cluster go of what it still knows of a node that is out: its host was replaced, or a join was interrupted.
 *
 * @throws TaskError, when that was not demanded by `repair`
 */
export async function forgetRemains(
  host: Host,
  { name, address, bindPort, repair }: NodeParams,
  { via, controlPlane, state }: Extract<Search, { kind: "found" }>,
): Promise<void> {
  const remains = remainsOf(state, name, address);
  if (remains.length === 0) return;
  if (!repair) {
    throw new TaskError(
      `${host.name}: the node is out of the cluster, but ${controlPlane.name} still knows ${remains.join(" and ")}: ` +
        "the host was replaced, or a join was interrupted. With repair: true they are removed first",
    );
  }
  const server = ownServer({ address: controlPlane.address, bindPort });
  await via.converge([forgotten({ name, address, server })]);
}
