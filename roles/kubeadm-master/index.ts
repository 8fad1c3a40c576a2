import type { z } from "zod";
import type { Host } from "../../lib/engine/host.ts";
import { defineRole } from "../../lib/engine/role.ts";
import { TaskError } from "../../lib/errors.ts";
import { nodeLabels } from "../../lib/tasks/node-labels.ts";
import { nodeTaints } from "../../lib/tasks/node-taints.ts";
import { waitedInVain, waitFor } from "../../lib/tasks/wait-for.ts";
import { type ClusterNodeParams, ClusterShape, hostPort, ownServer } from "../kubeadm/cluster.ts";
import { controlPlaneConfig, initConfig, joinConfig } from "../kubeadm/config.yaml.ts";
import { kubeadmConfiguration } from "../kubeadm/configuration.ts";
import { controlPlaneState, findCluster, type Search } from "../kubeadm/find-cluster.ts";
import { forgetRemains } from "../kubeadm/forget.ts";
import { kubeadmInit, kubeadmJoinControlPlane } from "../kubeadm/init.ts";
import { type Invitation, join, planJoin } from "../kubeadm/join.ts";
import { makeJoinSecrets } from "../kubeadm/join-secrets.ts";
import { judgeControlPlane, unfinishedMembers } from "../kubeadm/judge.ts";
import { kubeletTasks } from "../kubeadm/kubelet.ts";
import { kubeletSettings } from "../kubeadm/kubelet-settings.ts";
import { patchFiles, podPatches } from "../kubeadm/patches.ts";
import { kubeadmReset } from "../kubeadm/reset.ts";
import { halfMessage, silentMessage, standingOf } from "../kubeadm/standing.ts";

export const KubeadmMasterParams = ClusterShape.superRefine((params, context) => {
  const { name, address, controlPlanes, endpoint } = params;
  const mistake = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
  const own = controlPlanes.find((each) => each.name === name);
  if (!own) mistake("controlPlanes", `does not have this node, ${name}`);
  else if (own.address !== address) mistake("address", `is ${address}, but ${own.address} in controlPlanes`);
  if (controlPlanes.length > 1 && controlPlanes.some((each) => each.address === endpoint.address)) {
    mistake(
      "endpoint",
      `is the address of one of ${controlPlanes.length} control planes: the cluster would go with it`,
    );
  }
  const [only] = controlPlanes;
  if (controlPlanes.length === 1 && only?.address === endpoint.address && endpoint.port !== params.bindPort) {
    mistake("endpoint", `has port ${endpoint.port}, but the API server listens on ${params.bindPort}`);
  }
});

const TAINT = "node-role.kubernetes.io/control-plane";

/**
 * A control plane of a highly available cluster, made by kubeadm: the first of all forms it, the others join one at a
 * time. Before anything is formed every control plane and the endpoint are asked whether a cluster exists, and one
 * that cannot be asked stops it. A node that is in already is kept as configured.
 *
 * A single control plane needs no balancer: `endpoint` is its own address then.
 *
 * @example
 * kubeadmMaster({
 *   name: host.name,
 *   address: host.address,
 *   controlPlanes: host.group("control_plane").map(({ name, address }) => ({ name, address })),
 *   endpoint: { address: "10.0.0.100", port: 6443 },
 *   bindPort: 6444,
 *   kubernetesVersion: "1.36.4",
 * })
 */
export const kubeadmMaster = defineRole({
  name: "kubeadmMaster",
  params: KubeadmMasterParams,
  oneAtATime: true,
  async run(host, params) {
    await form(host, params);
    await host.converge(kept(params));
  },
});

/** Brings the node into the cluster, if it is not. */
async function form(host: Host, params: ClusterNodeParams): Promise<void> {
  const { name, address, controlPlanes } = params;
  const url = ownServer(params);
  const judge = (state: Parameters<typeof judgeControlPlane>[0]) => judgeControlPlane(state, name, address);
  const read = controlPlaneState({ name, address }, params);
  const stand = await standingOf(host, read, judge, url);
  if (!stand || stand.standing.kind === "in") return;
  const { standing } = stand;
  if (standing.kind === "silent") throw new TaskError(silentMessage(host.name, url, standing.said));
  if (standing.kind === "half" && !params.repair) throw new TaskError(halfMessage(host.name, standing));
  const search = await findCluster(host, params, stand.state);
  if (search.kind === "unsure") throw new TaskError(unsureMessage(host.name, search.why));
  if (search.kind === "found") await forgetRemains(host, params, search);
  if (standing.kind === "half") {
    await host.converge([kubeadmReset({ name, server: url, criSocket: params.criSocket })]);
  }
  await host.converge([...patchFiles(params.resources), kubeletSettings({ settings: params.kubelet })]);
  if (search.kind === "none") await init(host, params);
  else await joinAs(host, params, search);
  const others = controlPlanes.length > 1 ? "keepalived and haproxy" : "the API server";
  await proveEndpoint(host, params, others);
}

async function init(host: Host, params: ClusterNodeParams): Promise<void> {
  const { name, address, bindPort } = params;
  const endpoint = hostPort(params.endpoint);
  const config = initConfig(params, makeJoinSecrets());
  await host.converge([kubeadmInit({ name, address, bindPort, endpoint, config, record: recordOf(params) })]);
}

async function joinAs(
  host: Host,
  params: ClusterNodeParams,
  search: Extract<Search, { kind: "found" | "pending" }>,
): Promise<void> {
  const { name, address, bindPort, schedulable, kubernetesVersion } = params;
  const unfinished = search.kind === "found" ? unfinishedMembers(search.state, name, address) : [];
  if (unfinished.length > 0) throw new TaskError(unfinishedMessage(host.name, unfinished));
  const via = search.kind === "found" ? search.controlPlane.name : "the first control plane";
  const task = (invitation: Invitation) =>
    kubeadmJoinControlPlane({
      ...{ name, address, bindPort, via },
      config: joinConfig(params, { ...invitation, controlPlane: { bindPort, schedulable } }),
      record: recordOf(params),
    });
  if (search.kind === "pending") return planJoin(host, task);
  return join(host, params, search, { kubernetesVersion, certificates: true }, task);
}

/** kubeadm itself succeeds with a virtual address that nobody holds: only joins and kubeconfigs go through it. */
async function proveEndpoint(host: Host, params: ClusterNodeParams, remedy: string): Promise<void> {
  const url = `https://${hostPort(params.endpoint)}/readyz`;
  try {
    await host.act(waitFor({ http: url, insecureTls: true, deadlineMs: 60_000 }));
  } catch (error) {
    if (!waitedInVain(error)) throw error;
    throw new TaskError(
      `${host.name}: the control plane is formed, but nobody can reach it at ${hostPort(params.endpoint)}: ` +
        `${error.message}\n  Look at ${remedy} on the control planes.`,
      { cause: error },
    );
  }
}

/** What is kept of a node that is in. */
function kept(params: ClusterNodeParams) {
  const { name, labels, schedulable, kubelet, resources } = params;
  return [
    ...patchFiles(resources),
    kubeadmConfiguration({
      name,
      server: ownServer(params),
      config: initConfig(params, makeJoinSecrets()),
      record: recordOf(params),
    }),
    // Behind the upload of the configuration, whose settings hold where this node gives up its own.
    ...kubeletTasks(kubelet),
    ...(Object.keys(labels).length > 0 ? [nodeLabels({ node: name, labels })] : []),
    schedulable
      ? nodeTaints({ node: name, absent: [{ key: TAINT }] })
      : nodeTaints({ node: name, taints: [{ key: TAINT, effect: "NoSchedule" }] }),
  ];
}

function recordOf(params: ClusterNodeParams): string {
  return [controlPlaneConfig(params), ...podPatches(params.resources)].join("---\n");
}

function unsureMessage(host: string, why: readonly string[]): string {
  return (
    `${host}: no cluster was found, but it cannot be ruled out that there is one, so none is formed:\n` +
    `${why.map((each) => `  - ${each}`).join("\n")}\n` +
    "  Bring these control planes back, repair them (repair: true), or take what is lost for good out of the inventory."
  );
}

function unfinishedMessage(host: string, members: readonly string[]): string {
  return (
    `${host}: it cannot join while etcd has ${members.join(" and ")} as a member that has not come up: its join was interrupted, ` +
    "or is going on.\n" +
    "  Bring that control plane in first (with repair: true where it is half joined), or take it out (playbooks/remove-node.mts)."
  );
}

export type KubeadmMasterInput = z.input<typeof KubeadmMasterParams>;
