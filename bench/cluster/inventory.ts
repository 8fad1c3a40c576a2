import { writeFile } from "node:fs/promises";
import { parse } from "yaml";
import { z } from "zod";
import { siteInventory } from "../../test/lab/inventory.ts";
import type { Lab } from "../../test/lab/lab.ts";

const Hosts = z.strictObject({ hosts: z.record(z.string(), z.object({ ansible_host: z.string() })) });

/** What the script's files are made of; what only connects to hosts or is left to defaults is not in it. */
const Inventory = z.object({
  all: z.object({
    vars: z.object({
      virtual_address: z.string(),
      interface: z.string(),
      keepalived_password: z.string(),
      keepalived_track: z.enum(["process", "script"]),
      pod_network: z.string(),
      service_network: z.string(),
      network_provider: z.literal("flannel", "the script knows flannel alone"),
      load_balancer_addresses: z.array(z.string()).nonempty(),
      kubernetes_repository: z.string(),
      kubernetes_key: z.object({ file: z.string() }),
      helm_repository: z.object({ url: z.string(), key: z.object({ file: z.string() }) }),
      charts: z.string(),
      registries: z.record(z.string(), z.unknown()),
      cgroup_driver: z.enum(["systemd", "cgroupfs"]),
      restrict_oom_score_adj: z.boolean(),
      kubeadm_ignore: z.array(z.string()),
      kubelet: z.record(z.string(), z.unknown()),
      kube_proxy: z.record(z.string(), z.unknown()),
    }),
    children: z.object({ kubernetes: z.object({ children: z.object({ control_plane: Hosts, worker: Hosts }) }) }),
  }),
});

export type ClusterVars = z.output<typeof Inventory>["all"]["vars"];

export interface ClusterNode {
  readonly name: string;
  readonly address: string;
}

export interface ClusterInventory {
  readonly vars: ClusterVars;
  readonly controlPlanes: readonly ClusterNode[];
  readonly workers: readonly ClusterNode[];
}

/**
 * Writes `inventory/lab.yaml` for a lab of another name, and says what is in it.
 *
 * @throws z.ZodError when it has become another one than the script can follow
 */
export async function writeInventory(lab: Lab, file: string): Promise<ClusterInventory> {
  const text = siteInventory(lab);
  await writeFile(file, text);
  const { vars, children } = Inventory.parse(parse(text)).all;
  const { control_plane: controlPlanes, worker } = children.kubernetes.children;
  return { vars, controlPlanes: nodesOf(controlPlanes), workers: nodesOf(worker) };
}

function nodesOf({ hosts }: z.output<typeof Hosts>): readonly ClusterNode[] {
  return Object.entries(hosts).map(([name, { ansible_host: address }]) => ({ name, address }));
}
