#!/usr/bin/env zx
// Proves that the API's virtual address survives the host that holds it. It interrupts requests for some seconds.
//
//   npx zx playbooks/ha-test.mts -i inventory/lab.yaml
//   npx zx playbooks/ha-test.mts -i inventory/lab.yaml -e method=reboot
import { openPlaybook, play } from "hostwright";
import { haTest } from "hostwright/roles/ha-test";
import { z } from "zod";
import { ClusterVars } from "./cluster-vars.mts";

const numbers: string[] = [];
await using playbook = await openPlaybook({
  name: "ha-test",
  description: "Proves that the API's virtual address survives the host that holds it.",
  vars: z.strictObject({
    ...ClusterVars.shape,
    virtual_address: z.cidrv4({ error: "is needed: without a virtual address there is nothing that could move" }),
    /** What befalls the holder. */
    method: z.enum(["stop-balancer", "reboot"]).default("stop-balancer"),
    max_gap_seconds: z.number().default(10),
  }),
  onEvent(event) {
    if (event.event === "task-finished" && event.task === "measured") numbers.push(event.subject);
  },
});

await playbook.run([
  play("Take the address from its holder", "control_plane[0]", (host) => [
    haTest({
      virtualAddress: host.vars.virtual_address,
      balancers: host.group("control_plane").map(({ name }) => name),
      method: host.vars.method,
      maxGapSeconds: host.vars.max_gap_seconds,
    }),
  ]),
]);

// What this is run for, below the report.
if (!playbook.args.json) for (const line of numbers) console.log(`\n${line}`);
