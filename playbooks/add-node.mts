#!/usr/bin/env zx
// Brings one more host into a cluster that runs. The host stands in the inventory already, in control_plane or worker.
//
//   npx zx playbooks/add-node.mts -i inventory/lab.yaml -e node=node-5
import { openPlaybook } from "hostwright";
import { z } from "zod";
import { balance, examine, form, furnish, prepare, prove } from "./cluster.mts";
import { ClusterVars } from "./cluster-vars.mts";

await using playbook = await openPlaybook({
  name: "add-node",
  description: "Brings one more host of the inventory into a cluster that runs: -e node=NAME.",
  vars: z.strictObject({
    ...ClusterVars.shape,
    node: z.string({ error: "say which host comes in: -e node=NAME" }),
  }),
});

const node = playbook.hosts[0]?.vars.node;
const host = playbook.hosts.find(({ name }) => name === node);
if (!host?.groups.includes("kubernetes")) {
  throw playbook.refuse(
    `the inventory has no host ${node} in its group "kubernetes": add it there, under control_plane or worker`,
  );
}

// All nodes learn its name and the balancers its address; what forms nodes runs on it alone. Then the network is ready
// on it as well.
const joins = form(({ name }) => name === node);
await playbook.run([...examine(), ...prepare(), ...balance(), ...joins, ...furnish(), ...prove()]);
