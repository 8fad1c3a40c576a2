#!/usr/bin/env zx
// Takes a whole cluster apart. Its data is lost: it asks for the cluster's name.
//
//   npx zx playbooks/reset.mts -i inventory/lab.yaml
//   npx zx playbooks/reset.mts -i inventory/lab.yaml -e confirm=kubernetes     # where nobody can be asked
import { openPlaybook, play } from "hostwright";
import { resetNode } from "hostwright/roles/reset-node";
import { z } from "zod";
import { question } from "zx";
import { bindPortOf } from "./cluster.mts";
import { ClusterVars } from "./cluster-vars.mts";

await using playbook = await openPlaybook({
  name: "reset",
  description: "Takes a whole cluster apart; its data is lost. It asks for the cluster's name.",
  vars: z.strictObject({ ...ClusterVars.shape, confirm: z.string().optional() }),
});

const [first] = playbook.hosts;
if (!first) throw playbook.refuse("the inventory has no hosts");
const { cluster_name: cluster, confirm } = first.vars;
if (!playbook.args.check && !playbook.args.list) {
  const names = playbook.hosts.filter(({ groups }) => groups.includes("kubernetes")).map(({ name }) => name);
  const said = confirm ?? (process.stdin.isTTY ? await ask(names) : undefined);
  if (said === undefined)
    throw playbook.refuse(`this destroys the cluster "${cluster}": say so with -e confirm=${cluster}`);
  if (said !== cluster) throw playbook.refuse(`the cluster is called "${cluster}", not "${said}": nothing was changed`);
}

const reset = (title: string, pattern: string) =>
  play(title, pattern, (host) => [
    resetNode({ name: host.name, address: host.address, bindPort: bindPortOf(host as never) }),
  ]);
await playbook.run([
  reset("Take the workers apart", "kubernetes:!control_plane"),
  reset("Take the control planes apart", "control_plane"),
]);

function ask(names: readonly string[]): Promise<string> {
  return question(
    `This destroys the cluster "${cluster}" on ${names.join(", ")}, with all its data.\nIts name, to go on: `,
  );
}
