#!/usr/bin/env zx
// Makes hosts ready for Kubernetes, behind a virtual address that survives the loss of a host.
//
//   npx zx playbooks/site.mts -i inventory/lab.yaml --check --diff
//   npx zx playbooks/site.mts -i inventory/lab.yaml --only keepalived --limit node-2
import { openPlaybook, play, SecretString } from "hostwright";
import { base } from "hostwright/roles/base";
import { containerd } from "hostwright/roles/containerd";
import { haproxyStacked } from "hostwright/roles/haproxy-stacked";
import { keepalived } from "hostwright/roles/keepalived";
import { z } from "zod";

/** What the inventory has to say of every host. Each mistake is told with its file and line, before any connection. */
const SiteVars = z.strictObject({
  /** The address of the API, with the length of its network: `10.0.0.100/24`. */
  virtual_address: z.cidrv4(),
  /** The interface that carries it. */
  interface: z.string().default("eth0"),
  /** Unique among the VRRP instances of the network. */
  virtual_router_id: z.int().min(1).max(255).default(51),
  /** `script` in containers, where the kernel does not tell of processes. */
  keepalived_track: z.enum(["process", "script"]).default("process"),
  keepalived_password: SecretString.optional(),
  /** After which an idle connection through the balancer is cut. */
  balancer_idle_timeout: z.string().default("4h"),
  cgroup_driver: z.enum(["systemd", "cgroupfs"]).default("systemd"),
  /** Needed where hosts are containers without CAP_SYS_RESOURCE. */
  restrict_oom_score_adj: z.boolean().default(false),
  /** Mirrors of image registries, by the registry's name. */
  registries: z.record(z.string(), z.unknown()).default({}),
});

await using site = await openPlaybook({
  name: "site",
  description: "Makes hosts ready for Kubernetes, behind a virtual address that survives the loss of a host.",
  vars: SiteVars,
});

await site.run([
  play("Prepare every node", "kubernetes", (host) => [
    base({
      hostname: host.name,
      hosts: host.group("kubernetes").map(({ name, address }) => ({ address, names: [name] })),
    }),
    containerd({
      cgroupDriver: host.vars.cgroup_driver,
      restrictOomScoreAdj: host.vars.restrict_oom_score_adj,
      registries: host.vars.registries as Parameters<typeof containerd>[0]["registries"],
    }),
  ]),

  play("Balance the API", "control_plane", (host) => {
    const controlPlanes = host.group("control_plane");
    return [
      haproxyStacked({
        servers: controlPlanes.map(({ name, address }) => ({ name, address })),
        idleTimeout: host.vars.balancer_idle_timeout,
      }),
      keepalived({
        virtualAddress: host.vars.virtual_address,
        interface: host.vars.interface,
        address: host.address,
        peers: controlPlanes.filter(({ name }) => name !== host.name).map(({ address }) => address),
        virtualRouterId: host.vars.virtual_router_id,
        // The first of the inventory takes the address first; nobody takes it back.
        priority: 200 - controlPlanes.findIndex(({ name }) => name === host.name),
        track: host.vars.keepalived_track,
        password: host.vars.keepalived_password,
      }),
    ];
  }),
]);
