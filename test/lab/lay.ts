import { rm } from "node:fs/promises";
import { shutDown } from "./boot.ts";
import { LabError } from "./command.ts";
import { stopContainer } from "./container.ts";
import { dropDisk, makeDisk } from "./disk.ts";
import { withHostLocks } from "./host.ts";
import { bootAll, type Lab, raiseLab } from "./lab.ts";
import { MACHINE, withLock } from "./lock.ts";
import { requireRoot } from "./machine.ts";
import { hostPaths } from "./paths.ts";
import { prepareLab } from "./prepare.ts";
import { type Progress, silent } from "./progress.ts";
import { baseOf, layKeys, moveDisks, requireSaved } from "./saved.ts";
import { readState, requireLabName } from "./state.ts";

/**
 * Shuts all hosts of a lab down and saves their disks under a name; one of this name is replaced. The hosts stay off:
 * `boot()` or `layLab` bring them up, with what was saved. It outlives the lab.
 *
 * @throws LabError if there is no such lab, or if something stands on the saved lab that would be replaced
 */
export async function saveLab(name: string, as: string, progress: Progress = silent): Promise<void> {
  requireRoot();
  requireLabName(as);
  await withLock(requireLabName(name), progress, async () => {
    const state = readState(name);
    if (!state) throw new LabError(`there is no lab "${name}" to save`);
    const hosts = state.hosts.map((host) => host.name);
    await withHostLocks(name, hosts, async () => {
      await Promise.all(state.hosts.map((host) => shutDown(state, host, progress)));
      // A host that was laid and not switched on since has no disk yet.
      await Promise.all(state.hosts.map((host) => makeDisk(state, host)));
      await withLock(MACHINE, progress, async () => {
        const saved = await moveDisks(state, as);
        for (const host of hosts) await dropDisk(name, host, baseOf(saved, host));
      });
    });
  });
}

/**
 * Makes a lab what it was when it was saved, and boots it: disks, keys, machine-ids, addresses. What its hosts have
 * written since is gone, and so are hosts that came later. A lab that was removed meanwhile is made again.
 *
 * @throws LabError if the network of the saved lab is not to be had, or there is no such saved lab
 */
export async function layLab(name: string, savedName: string, progress: Progress = silent): Promise<Lab> {
  requireRoot();
  return withLock(requireLabName(name), progress, async () => {
    const saved = requireSaved(savedName);
    const wanted = saved.state.hosts.map((host) => host.name);
    const before = readState(name);
    const there = before?.hosts.map((host) => host.name) ?? [];
    const extra = there.filter((host) => !wanted.includes(host));
    const state = await withHostLocks(name, [...wanted, ...extra], async () => {
      if (before) await Promise.all(before.hosts.map((host) => stopContainer(before, host)));
      const state = await withLock(MACHINE, progress, () => prepareLab(name, { saved: saved.state }, progress));
      await Promise.all(wanted.map((host) => dropDisk(name, host, baseOf(saved, host))));
      for (const host of extra) await rm(hostPaths(name, host).dir, { recursive: true, force: true });
      await layKeys(saved, name);
      return state;
    });
    const lab = await raiseLab(state, progress);
    await bootAll(lab.hosts, progress);
    return lab;
  });
}
