import { z } from "zod";
import type { Host } from "../../lib/engine/host.ts";
import { defineRole } from "../../lib/engine/role.ts";
import { ConnectionError, TaskError, TimeoutError } from "../../lib/errors.ts";
import { path } from "../../lib/reads/path.ts";
import { systemd } from "../../lib/tasks/systemd.ts";
import { ControlPlane, nodeParams, ownServer } from "../kubeadm/cluster.ts";
import { controlPlaneState } from "../kubeadm/find-cluster.ts";
import { forgotten } from "../kubeadm/forgotten.ts";
import { kubeadmReset } from "../kubeadm/reset.ts";
import { drain } from "./drain.ts";

export const RemoveNodeParams = z.strictObject({
  node: ControlPlane.describe("name and address of the node that leaves"),
  via: ControlPlane.describe("name and address of the control plane that this runs on, and that stays"),
  bindPort: nodeParams.bindPort,
  criSocket: nodeParams.criSocket,
  lost: z
    .boolean()
    .default(false)
    .describe("the host is gone for good: it is neither drained nor reset, and must never come back as it is"),
  drainSeconds: z.int().min(10).default(300).describe("how long its pods may take to leave"),
});
type Params = z.output<typeof RemoveNodeParams>;

/** Balancers of a control plane: the first gives the virtual address away. */
const BALANCERS = ["keepalived.service", "haproxy.service"];

/**
 * Takes a node out of a cluster that goes on: drained, its etcd member removed, its node deleted, the host reset, its
 * balancers stopped. It runs on a control plane that stays. A node that cannot be reached is only removed where it is
 * said to be lost.
 *
 * What the other hosts know of it (balancers, /etc/hosts) goes when they are converged with an inventory without it.
 *
 * @example
 * removeNode({ node: { name: "cp-1", address: "10.0.0.11" }, via: { name: host.name, address: host.address }, bindPort: 6444 })
 */
export const removeNode = defineRole({
  name: "removeNode",
  params: RemoveNodeParams,
  async run(host, params) {
    const { node, via, bindPort, lost } = params;
    if (node.name === via.name)
      throw new TaskError(`${host.name}: a control plane cannot take itself out; run this on another`);
    const server = ownServer({ address: via.address, bindPort });
    const leaving = lost ? undefined : await reach(host, node.name);
    await requireOthers(host, params);
    if (leaving) await host.act(drain({ node: node.name, deadlineMs: params.drainSeconds * 1000 }));
    await host.converge([forgotten({ ...node, server })]);
    if (!leaving) return;
    const own = ownServer({ address: node.address, bindPort });
    await leaving.converge([
      ...(await balancersOf(leaving)),
      kubeadmReset({ name: node.name, server: own, criSocket: params.criSocket }),
    ]);
  },
});

/** The host that leaves, if it can be reached: a node that is merely away would come back as half of one. */
async function reach(host: Host, name: string): Promise<Host> {
  const peer = host.peer(name);
  try {
    await peer.facts();
    return peer;
  } catch (error) {
    if (!(error instanceof ConnectionError || error instanceof TimeoutError)) throw error;
    throw new TaskError(
      `${host.name}: ${name} cannot be reached, so it can be neither drained nor reset: ${error.message}\n` +
        "  If it is gone for good, say lost: true (-e lost=true), and never switch it on again as it is.",
      { cause: error },
    );
  }
}

/** What stays has to be a cluster. @throws TaskError */
async function requireOthers(host: Host, { node, via, bindPort }: Params): Promise<void> {
  const answer = await host.read(controlPlaneState(via, { bindPort, controlPlanes: [via] }, [node.name]));
  if (!answer.known) return;
  const { api, members } = answer.value;
  if (api.kind !== "answers" || !members) {
    const said = api.kind === "silent" ? `: ${api.said}` : "";
    throw new TaskError(
      `${host.name}: the control plane here does not answer, so it cannot let go of ${node.name}${said}`,
    );
  }
  if (members.length === 1 && members[0]?.name === node.name) {
    throw new TaskError(
      `${host.name}: ${node.name} is the only control plane; to end the cluster there is playbooks/reset.mts`,
    );
  }
}

async function balancersOf(host: Host) {
  const units = await Promise.all(
    BALANCERS.map(async (unit) => {
      const file = await host.read(path(`/lib/systemd/system/${unit}`));
      return file.known && file.value.type === "file" ? [systemd({ unit, state: "stopped", enabled: false })] : [];
    }),
  );
  return units.flat();
}
