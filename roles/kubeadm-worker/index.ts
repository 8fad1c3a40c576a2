import { z } from "zod";
import type { Host } from "../../lib/engine/host.ts";
import { defineRole } from "../../lib/engine/role.ts";
import { TaskError } from "../../lib/errors.ts";
import { nodeLabels } from "../../lib/tasks/node-labels.ts";
import { nodeTaints } from "../../lib/tasks/node-taints.ts";
import { clusterParams, hostPort, nodeParams, Taint } from "../kubeadm/cluster.ts";
import { joinConfig } from "../kubeadm/config.yaml.ts";
import { findCluster, onAnyOf } from "../kubeadm/find-cluster.ts";
import { forgetRemains } from "../kubeadm/forget.ts";
import { kubeadmJoinWorker } from "../kubeadm/init.ts";
import { type Invitation, join, planJoin } from "../kubeadm/join.ts";
import { judgeWorker } from "../kubeadm/judge.ts";
import { kubeletTasks } from "../kubeadm/kubelet.ts";
import { kubeletSettings } from "../kubeadm/kubelet-settings.ts";
import { nodeState } from "../kubeadm/node-state.ts";
import { patchFiles } from "../kubeadm/patches.ts";
import { kubeadmReset } from "../kubeadm/reset.ts";
import { halfMessage, silentMessage, standingOf } from "../kubeadm/standing.ts";

export const KubeadmWorkerParams = z.strictObject({
  ...nodeParams,
  kubernetesVersion: clusterParams.kubernetesVersion,
  taints: z.array(Taint).default([]).describe("taints of the node, which keep pods away that do not tolerate them"),
});
type Params = z.output<typeof KubeadmWorkerParams>;

/**
 * A worker: joins by any control plane that is in, and is kept as configured. Its labels and taints are set by that
 * control plane, since a node may not set them all by itself.
 *
 * @example
 * kubeadmWorker({ name: host.name, address: host.address, controlPlanes, endpoint, bindPort: 6444, kubernetesVersion })
 */
export const kubeadmWorker = defineRole({
  name: "kubeadmWorker",
  params: KubeadmWorkerParams,
  async run(host, params) {
    await enter(host, params);
    await host.converge([...patchFiles(), ...kubeletTasks(params.kubelet)]);
    await mark(host, params);
  },
});

/** Brings the node into the cluster, if it is not. */
async function enter(host: Host, params: Params): Promise<void> {
  const { name, criSocket } = params;
  const url = `https://${hostPort(params.endpoint)}`;
  const stand = await standingOf(host, nodeState({ nodes: [name] }), (state) => judgeWorker(state, name), url);
  if (!stand || stand.standing.kind === "in") return;
  const { standing } = stand;
  if (standing.kind === "silent") throw new TaskError(silentMessage(host.name, url, standing.said));
  if (standing.kind === "half" && !params.repair) throw new TaskError(halfMessage(host.name, standing));
  const search = await findCluster(host, params, stand.state);
  if (search.kind === "none" || search.kind === "unsure") {
    const why = search.kind === "unsure" ? `: ${search.why.join("; ")}` : "";
    throw new TaskError(
      `${host.name}: there is no control plane to join${why}; run kubeadmMaster on the control planes first`,
    );
  }
  if (search.kind === "found") await forgetRemains(host, params, search);
  if (standing.kind === "half") await host.converge([kubeadmReset({ name, criSocket })]);
  await host.converge([...patchFiles(), kubeletSettings({ settings: params.kubelet })]);
  const via = search.kind === "found" ? search.controlPlane.name : "a control plane";
  const task = (invitation: Invitation) => kubeadmJoinWorker({ name, via, config: joinConfig(params, invitation) });
  if (search.kind === "pending") return planJoin(host, task);
  const { kubernetesVersion } = params;
  await join(host, params, search, { kubernetesVersion, certificates: false }, task);
}

/** Labels and taints are the cluster's, so they are converged on a control plane. */
async function mark(host: Host, { name, labels, taints, controlPlanes }: Params): Promise<void> {
  const tasks = [
    ...(Object.keys(labels).length > 0 ? [nodeLabels({ node: name, labels })] : []),
    ...(taints.length > 0 ? [nodeTaints({ node: name, taints })] : []),
  ];
  if (tasks.length > 0) await onAnyOf(host, controlPlanes, (controlPlane) => controlPlane.converge(tasks));
}
