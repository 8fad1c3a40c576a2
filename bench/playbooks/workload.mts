#!/usr/bin/env zx
// The benchmark's workloads as a playbook: npx zx bench/playbooks/workload.mts -i INVENTORY -e workload=A
import { defineRole, openPlaybook, play } from "hostwright";
import { apt } from "hostwright/tasks/apt";
import { directory } from "hostwright/tasks/directory";
import { file } from "hostwright/tasks/file";
import { group } from "hostwright/tasks/group";
import { hostsEntry } from "hostwright/tasks/hosts-entry";
import { symlink } from "hostwright/tasks/symlink";
import { sysctl } from "hostwright/tasks/sysctl";
import { systemd } from "hostwright/tasks/systemd";
import { template } from "hostwright/tasks/template";
import { user } from "hostwright/tasks/user";
import { z } from "zod";
import { tasksOf } from "../tasks.ts";
import { workloadOf } from "../workload.ts";

const kit = { apt, directory, file, group, hostsEntry, symlink, sysctl, systemd, template, user };

const workload = defineRole({
  name: "workload",
  params: z.strictObject({ name: z.enum(["A", "B", "C"]), node: z.string() }),
  tasks: ({ name, node }) => tasksOf(workloadOf(name).demands, node, kit),
});

await using bench = await openPlaybook({
  name: "workload",
  vars: z.object({ workload: z.enum(["A", "B", "C"]) }),
});

await bench.run([play("Workload", "all", (host) => [workload({ name: host.vars.workload, node: host.name })])]);
