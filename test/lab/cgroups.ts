import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isSystemd } from "./machine.ts";
import { waitFor } from "./wait.ts";

/** One mounted hierarchy: `cpu`, `cpuset`, `name=systemd` … of version 1, or the unified one. */
interface Hierarchy {
  readonly mount: string;
  readonly cpuset: boolean;
}

/**
 * A group for a host in every hierarchy of the machine, below the lab's own. Where systemd is PID 1 there is nothing to
 * do: systemd-nspawn asks it for a scope.
 *
 * @returns the groups that the host's first process has to enter
 */
export function makeGroups(lab: string, host: string): string[] {
  return hierarchies().map(({ mount, cpuset }) => {
    const labGroup = join(mount, labGroupName(lab));
    const group = join(labGroup, host);
    for (const dir of [labGroup, group]) {
      mkdirSync(dir, { recursive: true });
      // A new cpuset is empty and takes no process: it is filled from its parent, parents first (cpuset(7)).
      if (cpuset) fillCpuset(dir);
    }
    return group;
  });
}

/** Removes a host's groups. Groups left by kubelet inside would make the next one wait seconds for each dead container. */
export async function removeGroups(lab: string, host: string): Promise<void> {
  for (const { mount } of hierarchies()) await removeTree(join(mount, labGroupName(lab), host));
}

export async function removeLabGroups(lab: string): Promise<void> {
  for (const { mount } of hierarchies()) await removeTree(join(mount, labGroupName(lab)));
}

function labGroupName(lab: string): string {
  return `hostwright-lab.${lab}`;
}

function hierarchies(): Hierarchy[] {
  if (isSystemd()) return [];
  const lines = readFileSync("/proc/self/mounts", "utf8").split("\n");
  return lines.flatMap((line) => {
    const [, mount = "", type, options = ""] = line.split(" ");
    if (type !== "cgroup" && type !== "cgroup2") return [];
    return [{ mount, cpuset: type === "cgroup" && options.split(",").includes("cpuset") }];
  });
}

function fillCpuset(group: string): void {
  for (const file of ["cpuset.cpus", "cpuset.mems"])
    writeFileSync(join(group, file), readFileSync(join(group, "..", file)));
  // Groups that the host makes in its own are filled by the kernel.
  writeFileSync(join(group, "cgroup.clone_children"), "1");
}

/** A group can be removed some moments after its last process has ended. */
async function removeTree(group: string): Promise<void> {
  await waitFor(`the control group ${group} to be empty`, 10_000, () => {
    try {
      removeDeepestFirst(group);
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EBUSY" || code === "ENOENT") return !existsSync(group);
      throw error;
    }
  });
}

function removeDeepestFirst(group: string): void {
  if (!existsSync(group)) return;
  for (const entry of readdirSync(group, { withFileTypes: true }))
    if (entry.isDirectory()) removeDeepestFirst(join(group, entry.name));
  rmdirSync(group);
}
