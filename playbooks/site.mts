#!/usr/bin/env zx
// Takes bare hosts to a highly available Kubernetes, and keeps them there.
//
//   npx zx playbooks/site.mts -i inventory/lab.yaml --check --diff
//   npx zx playbooks/site.mts -i inventory/lab.yaml
//   npx zx playbooks/site.mts -i inventory/lab.yaml --only keepalived --limit node-2
import { openPlaybook } from "hostwright";
import { balance, examine, form, furnish, prepare, prove } from "./cluster.mts";
import { ClusterVars } from "./cluster-vars.mts";

await using site = await openPlaybook({
  name: "site",
  description:
    "Takes bare hosts to a highly available Kubernetes: a virtual address that survives the loss of a host, kubeadm's control planes and workers, a pod network, a load balancer.",
  vars: ClusterVars,
});

await site.run([...examine(), ...prepare(), ...balance(), ...form(), ...furnish(), ...prove()]);
