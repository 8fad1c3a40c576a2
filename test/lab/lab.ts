import { existsSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import pLimit from "p-limit";
import { stopAptCache } from "./apt-cache.ts";
import { removeLabGroups } from "./cgroups.ts";
import { LabError } from "./command.ts";
import { isSwitchedOn, stopContainer } from "./container.ts";
import { type LabHost, labHost, withHostLock, withHostLocks } from "./host.ts";
import { makeHostKeys } from "./identity.ts";
import { writeConnectionFiles } from "./inventory.ts";
import { MACHINE, withLock } from "./lock.ts";
import { releaseSysctls, requireRoot } from "./machine.ts";
import { stopMirrorServer } from "./mirror/serve/start.ts";
import { maxHosts, networkOf, raiseBridge, removeLink } from "./network.ts";
import { hostPaths, labPaths } from "./paths.ts";
import { prepareLab } from "./prepare.ts";
import { type Progress, silent } from "./progress.ts";
import { isReady } from "./ready.ts";
import { allStates, type LabState, readState, requireLabName } from "./state.ts";

export interface Lab {
  readonly name: string;
  readonly hosts: readonly LabHost[];
  /** The machine's address on the lab's network. */
  readonly gateway: string;
  /** "10.88.0.": addresses from .100 to .254 are free for the taking, as virtual addresses. */
  readonly prefix: string;
  readonly keyFile: string;
  readonly knownHostsFile: string;
  readonly inventoryFile: string;
  /** @throws LabError if the lab has no host of this name */
  host(name: string): LabHost;
}

export interface LabOptions {
  /** Labs of different names are apart: other hosts, other network. */
  readonly name?: string;
  /** At least so many hosts: `node-1`, `node-2` … A lab that has more keeps them. */
  readonly hosts?: number;
  /** Which hosts are switched on: all that are off, or only those that this call adds (default all). */
  readonly switchOn?: "all" | "added";
  readonly progress?: Progress;
}

/** Two cores boot 21 hosts in about the same time all at once and four at a time, when each of them is up much sooner. */
const BOOTS_PER_CORE = 2;

export const defaultLab = "lab";

/**
 * A lab with its hosts up: made, completed or just opened. The first time on a machine takes about a minute, the first
 * time of a lab a few seconds, otherwise it costs nothing.
 *
 * @throws LabError if this machine cannot hold one, with what is missing
 */
export async function ensureLab({
  name = defaultLab,
  hosts,
  switchOn = "all",
  progress = silent,
}: LabOptions = {}): Promise<Lab> {
  requireLabName(name);
  requireRoot();
  if (hosts !== undefined && !(Number.isInteger(hosts) && hosts >= 1 && hosts <= maxHosts))
    throw new LabError(`hosts: ${hosts}: expected a number from 1 to ${maxHosts}`);
  const known = readState(name);
  const isComplete = known && known.hosts.length >= (hosts ?? 1);
  if (isComplete && (switchOn === "added" || (await areReady(known)))) {
    progress.step(`lab "${name}" is up already: ${known.hosts.length} hosts`);
    return labOf(known, progress);
  }
  return withLock(name, progress, async () => {
    const before = new Set(switchOn === "added" ? readState(name)?.hosts.map((host) => host.name) : []);
    const state = await withLock(MACHINE, progress, () => prepareLab(name, { hosts }, progress));
    const lab = await raiseLab(state, progress);
    await bootAll(
      lab.hosts.filter((host) => !before.has(host.name)),
      progress,
    );
    return lab;
  });
}

async function areReady(state: LabState): Promise<boolean> {
  if (!state.hosts.every((host) => isSwitchedOn(state.name, host.name))) return false;
  return (await Promise.all(state.hosts.map((host) => isReady(state, host)))).every(Boolean);
}

/** Its network, and the files to connect by. Disks are made as hosts boot, each under the lock of its host. */
export async function raiseLab(state: LabState, progress: Progress): Promise<Lab> {
  const { bridge, gateway } = networkOf(state.index);
  await raiseBridge(bridge, `${gateway}/24`);
  const lab = labOf(state, progress);
  for (const { name } of state.hosts)
    if (!existsSync(hostPaths(state.name, name).hostKeys))
      await withHostLock(state.name, name, () => makeHostKeys(state.name, name));
  writeConnectionFiles(state.name, lab.hosts);
  return lab;
}

/** So many at a time as the machine can carry: those that wait have not started, so no deadline runs for them. */
export async function bootAll(hosts: readonly LabHost[], progress: Progress): Promise<void> {
  const next = pLimit(BOOTS_PER_CORE * availableParallelism());
  await Promise.all(hosts.map((host) => next(() => bootAndTell(host, progress))));
}

/** The lab of this name as it is, without changing anything; undefined if there is none. */
export function openLab(name: string, progress: Progress = silent): Lab | undefined {
  const state = readState(requireLabName(name));
  return state && labOf(state, progress);
}

/** Ends a lab's hosts and removes all that it brought to this machine. What is cached for the next one stays. */
export async function removeLab(name: string, progress: Progress = silent): Promise<boolean> {
  requireRoot();
  if (!readState(requireLabName(name))) return false;
  return withLock(name, progress, async () => {
    const state = readState(name);
    if (!state) return false;
    const hosts = state.hosts.map((host) => host.name);
    await withHostLocks(name, hosts, async () => {
      await Promise.all(state.hosts.map((host) => stopContainer(state, host)));
      await removeLabGroups(name);
      await removeLink(networkOf(state.index).bridge);
      await withLock(MACHINE, progress, async () => {
        rmSync(labPaths(name).dir, { recursive: true, force: true });
        if (allStates().length > 0) return;
        await stopMirrorServer(); // before the address goes
        await stopAptCache();
        releaseSysctls();
      });
    });
    return true;
  });
}

async function bootAndTell(host: LabHost, progress: Progress): Promise<void> {
  if (host.running) return host.boot();
  const started = performance.now();
  await host.boot();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  progress.step(`${host.name}  ${host.address}  up after ${seconds} s`);
}

function labOf(state: LabState, progress: Progress): Lab {
  const { name } = state;
  const { gateway, prefix } = networkOf(state.index);
  const paths = labPaths(name);
  const hosts = state.hosts.map((host) => labHost(state, host, progress));
  return {
    name,
    hosts,
    gateway,
    prefix,
    keyFile: paths.key,
    knownHostsFile: paths.knownHosts,
    inventoryFile: paths.inventory,
    host(wanted) {
      const found = hosts.find((host) => host.name === wanted);
      if (found) return found;
      const names = hosts.map((host) => host.name).join(", ");
      throw new LabError(`lab "${name}" has no host "${wanted}"; it has ${names}`);
    },
  };
}
