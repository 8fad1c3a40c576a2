import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parse } from "yaml";
import type { RunEvent } from "../../lib/engine/events.ts";
import { errorOf, type PlaybookProcess, startBook } from "../hosts/_playbook.ts";
import { siteInventory } from "../lab/inventory.ts";
import { ensureLab, type Lab, openLab, removeLab } from "../lab/lab.ts";
import { layLab, saveLab } from "../lab/lay.ts";
import { ensureMirror } from "../lab/mirror/index.ts";
import { savedLabs } from "../lab/saved.ts";

/** The lab of these tests; another one for somebody who works on them beside a run. */
export const CLUSTER_LAB = process.env.HOSTWRIGHT_CLUSTER_LAB ?? "cluster";
/** Three control planes and a worker. */
export const NODES = ["node-1", "node-2", "node-3", "node-4"];
/** What a formed cluster is saved as, for the tests that start from one. */
const FORMED = `${CLUSTER_LAB}-formed`;

/** Hosts that nobody has touched, as many as {@link NODES} unless told, with the mirror beside them. */
export async function freshHosts(hosts = NODES.length): Promise<Lab> {
  await removeLab(CLUSTER_LAB);
  const lab = await ensureLab({ name: CLUSTER_LAB, hosts });
  await ensureMirror();
  return lab;
}

/**
 * The formed cluster: the one that runs, where it is whole; otherwise laid from what was saved, or formed and saved first.
 * Its API answers, all nodes are ready, etcd has its members, and its network is up.
 *
 * @throws Error, when it could not be formed
 */
export async function formedCluster(): Promise<Cluster> {
  const running = openLab(CLUSTER_LAB);
  const isUp = running?.hosts.length === 4 && running.hosts.every((host) => host.running);
  if (isUp) {
    const cluster = clusterOn(running);
    const isWhole = await cluster.ready(NODES, { deadlineMs: 5_000 }).then(
      () => true,
      () => false,
    );
    if (isWhole) {
      await converge(cluster);
      return cluster;
    }
  }
  if (!savedLabs().some(({ name }) => name === FORMED)) {
    await converge(clusterOn(await freshHosts()));
    await saveFormed();
  }
  const since = Date.now() - 1000; // the API tells whole seconds
  const cluster = clusterOn(await layLab(CLUSTER_LAB, FORMED));
  await ensureMirror();
  await cluster.ready(NODES);
  await allPodsSince(cluster, since);
  await converge(cluster);
  return cluster;
}

/** Waits until every pod is ready, and has been started since: what the API says of before is true no more. */
async function allPodsSince(cluster: Cluster, since: number): Promise<void> {
  await eventually(async () => {
    const { items }: { items: readonly Pod[] } = JSON.parse(await cluster.kubectl("get pods -A -o json"));
    const waiting = items.filter(({ status: { containerStatuses = [] } }) => {
      const started = containerStatuses.map(({ state }) => Date.parse(state.running?.startedAt ?? ""));
      return containerStatuses.some(({ ready }) => !ready) || !started.every((at) => at >= since);
    });
    return { seen: waiting.map(({ metadata }) => metadata.name).join(" "), ready: waiting.length === 0 };
  }, 240_000);
}

interface Pod {
  readonly metadata: { readonly name: string };
  readonly status: {
    readonly containerStatuses?: readonly {
      readonly ready: boolean;
      readonly state: { readonly running?: { readonly startedAt: string } };
    }[];
  };
}

/** Runs site.mts. @throws Error with what it ended with */
async function converge(cluster: Cluster): Promise<void> {
  const { code, events, stderr } = await runBook(cluster, "site.mts");
  if (code !== 0) throw new Error(`site.mts ended with ${code}: ${errorOf(events)} ${stderr}`);
}

/** Saves the cluster as it is: the hosts are off afterwards. Pods are stopped first, or each host waits for them in vain. */
export async function saveFormed(): Promise<void> {
  const stop = "systemctl stop kubelet; crictl ps -q | xargs -r -P 8 -n 1 crictl stop --timeout 5 >/dev/null; sync";
  await Promise.all(openCluster().hosts.map((host) => host.exec(stop, { timeoutMs: 60_000 })));
  await saveLab(CLUSTER_LAB, FORMED);
}

export function openCluster(): Lab {
  const lab = openLab(CLUSTER_LAB);
  if (!lab) throw new Error(`there is no lab ${CLUSTER_LAB}`);
  return lab;
}

type Vars = Readonly<Record<string, unknown>>;

export interface Cluster {
  readonly lab: Lab;
  readonly virtualAddress: string;
  /** Variables of `inventory/lab.yaml`. */
  readonly vars: Vars;
  /** `inventory/lab.yaml` for this lab, with other variables, members of groups or variables of hosts as told. */
  inventory(changes?: {
    /** One that is undefined is left out. */
    readonly vars?: Vars;
    readonly controlPlanes?: readonly string[];
    readonly workers?: readonly string[];
    readonly hosts?: Readonly<Record<string, Vars>>;
  }): string;
  /** kubectl on a control plane; words as a shell takes them. */
  kubectl(words: string, node?: string): Promise<string>;
  /** The members of etcd as one of them tells: name, and whether it votes. */
  members(node?: string): Promise<readonly { readonly name: string; readonly voting: boolean }[]>;
  /** Waits until exactly these nodes are there and ready, and as many members of etcd vote as there are control planes. */
  ready(nodes: readonly string[], options?: { readonly via?: string; readonly deadlineMs?: number }): Promise<void>;
}

interface Inventory {
  readonly all: {
    readonly vars: Record<string, unknown>;
    readonly children: { readonly kubernetes: { readonly children: Record<string, { hosts: Record<string, Vars> }> } };
  };
}

export function clusterOn(lab: Lab): Cluster {
  const text = siteInventory(lab);
  const kubectl = async (words: string, node = "node-1") => {
    const { code, stdout, stderr } = await lab
      .host(node)
      .exec(`kubectl --kubeconfig /etc/kubernetes/admin.conf ${words}`);
    if (code !== 0) throw new Error(`kubectl ${words} on ${node}: ${stderr}`);
    return stdout;
  };
  const members = async (node = "node-1") => {
    const { code, stdout, stderr } = await lab.host(node).exec(
      `crictl exec "$(crictl ps --name '^etcd$' --state Running -q | head -n 1)" etcdctl --endpoints=https://127.0.0.1:2379 \\
        --cacert=/etc/kubernetes/pki/etcd/ca.crt --cert=/etc/kubernetes/pki/etcd/healthcheck-client.crt \\
        --key=/etc/kubernetes/pki/etcd/healthcheck-client.key member list -w json`,
    );
    if (code !== 0) throw new Error(`etcd on ${node}: ${stderr}`);
    const { members } = JSON.parse(stdout) as { members: { name: string; isLearner?: boolean }[] };
    return members.map(({ name, isLearner = false }) => ({ name, voting: !isLearner }));
  };
  return {
    lab,
    virtualAddress: `${lab.prefix}100`,
    vars: (parse(text) as Inventory).all.vars,
    kubectl,
    members,
    inventory({ vars = {}, controlPlanes, workers, hosts = {} } = {}) {
      const inventory = parse(text) as Inventory;
      Object.assign(inventory.all.vars, vars);
      const { children: groups } = inventory.all.children.kubernetes;
      for (const [group, members] of Object.entries({ control_plane: controlPlanes, worker: workers })) {
        if (!members) continue;
        const { hosts: all } = openCluster();
        const addressOf = (wanted: string) => all.find(({ name }) => name === wanted)?.address;
        groups[group] = { hosts: Object.fromEntries(members.map((name) => [name, { ansible_host: addressOf(name) }])) };
      }
      for (const group of Object.values(groups)) {
        for (const [name, more] of Object.entries(hosts)) {
          if (group.hosts[name]) group.hosts[name] = { ...group.hosts[name], ...more };
        }
      }
      const file = join(mkdtempSync(join(tmpdir(), "hostwright-cluster-")), "inventory.yaml");
      writeFileSync(file, JSON.stringify(inventory));
      return file;
    },
    async ready(nodes, { via = "node-1", deadlineMs = 240_000 } = {}) {
      const wanted = nodes.toSorted().join(" ");
      const look = async () => {
        const lines = (await kubectl("get nodes --no-headers", via)).trim().split("\n");
        const found = lines.map((line) => line.split(/\s+/));
        const names = found.flatMap(([name, status]) => (status === "Ready" ? [name] : []));
        const controlPlanes = found.filter(([, , roles]) => roles === "control-plane").length;
        const voting = (await members(via)).filter((member) => member.voting).length;
        const seen = `ready: ${names.toSorted().join(" ")}; ${voting} of ${controlPlanes} control planes vote`;
        return { seen, ready: names.toSorted().join(" ") === wanted && voting === controlPlanes };
      };
      await eventually(look, deadlineMs);
    },
  };
}

/** Looks again until it is ready. @throws Error with what was seen last */
export async function eventually(
  look: () => Promise<{ readonly seen: string; readonly ready: boolean }>,
  deadlineMs: number,
): Promise<void> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const { seen, ready } = await look().catch((error: Error) => ({ seen: error.message, ready: false }));
    if (ready) return;
    if (performance.now() > end) throw new Error(`not within ${deadlineMs / 1000} s; last seen: ${seen}`);
    await pause(500);
  }
}

/** Starts a playbook on the cluster's inventory. */
export function startOn(cluster: Cluster, book: string, args: readonly string[] = []): PlaybookProcess {
  return startBook(book, args.includes("-i") ? args : ["-i", cluster.inventory(), ...args]);
}

/** Runs a playbook on the cluster's inventory to its end. */
export function runBook(cluster: Cluster, book: string, args: readonly string[] = []) {
  return startOn(cluster, book, args).ended;
}

export type Finished = Extract<RunEvent, { event: "task-finished" }>;

/** Tasks that did, or would do, something; `node-1 apt containerd`. */
export function changesIn(events: readonly RunEvent[]): readonly string[] {
  return finishedIn(events).flatMap(({ status, host, task, subject }) =>
    status === "changed" || status === "would-change" || status === "unknown" ? [`${host} ${task} ${subject}`] : [],
  );
}

export function finishedIn(events: readonly RunEvent[]): readonly Finished[] {
  return events.filter((event): event is Finished => event.event === "task-finished");
}

/** The most round trips that a host had in one play. */
export function roundTripsIn(events: readonly RunEvent[]): readonly number[] {
  return events.flatMap((event) => (event.event === "host-finished" ? [event.roundTrips] : []));
}

/** Mispredictions are told as notices: none is allowed. */
export function noticesIn(events: readonly RunEvent[]): readonly string[] {
  return events.flatMap((event) => (event.event === "notice" ? [event.message] : []));
}
