#!/usr/bin/env zx
// Takes a host out of a cluster that goes on. Afterwards take it out of the inventory too, and run site.mts.
//
//   npx zx playbooks/remove-node.mts -i inventory/lab.yaml -e node=node-4
//   npx zx playbooks/remove-node.mts -i inventory/lab.yaml -e node=node-1 -e lost=true    # it is gone for good
import { openPlaybook, play } from "hostwright";
import { removeNode } from "hostwright/roles/remove-node";
import { z } from "zod";
import { bindPortOf } from "./cluster.mts";
import { ClusterVars } from "./cluster-vars.mts";

await using playbook = await openPlaybook({
  name: "remove-node",
  description:
    "Takes a host out of a cluster that goes on: -e node=NAME; of one that is gone for good also -e lost=true.",
  vars: z.strictObject({
    ...ClusterVars.shape,
    node: z.string({ error: "say which host leaves: -e node=NAME" }),
    /** It is neither drained nor reset, and must never come back as it is. */
    lost: z.boolean().default(false),
    drain_seconds: z.int().default(300),
  }),
});

const name = playbook.hosts[0]?.vars.node;
const nodes = playbook.hosts.filter(({ groups }) => groups.includes("kubernetes"));
const leaving = nodes.find((host) => host.name === name);
if (!leaving) {
  const names = nodes.map((host) => host.name).join(", ");
  throw playbook.refuse(`the inventory has no host ${name} in its group "kubernetes" (it has ${names})`);
}
const [via] = playbook.hosts.filter((host) => host.groups.includes("control_plane") && host.name !== name);
if (!via) throw playbook.refuse(`${name} is the only control plane: to end the cluster there is playbooks/reset.mts`);

await playbook.run([
  play(`Take ${name} out`, via.name, (host) => [
    removeNode({
      node: { name: leaving.name, address: leaving.address },
      via: { name: host.name, address: host.address },
      bindPort: bindPortOf(host),
      lost: host.vars.lost,
      drainSeconds: host.vars.drain_seconds,
    }),
  ]),
]);

if (!playbook.args.check && !playbook.args.json) {
  console.log(
    `\n${name} is out. Take it out of the inventory and run site.mts, so that balancers and /etc/hosts forget it.`,
  );
}
