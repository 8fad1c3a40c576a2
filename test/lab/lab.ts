import { existsSync, rmSync } from "node:fs";
import { startAptCache, stopAptCache } from "./apt-cache.ts";
import { removeLabGroups } from "./cgroups.ts";
import { LabError, run } from "./command.ts";
import { isSwitchedOn, stopContainer, waitUntilReady } from "./container.ts";
import { makeDisk, overlayWorks } from "./disk.ts";
import { type LabHost, labHost } from "./host.ts";
import { writeConnectionFiles } from "./inventory.ts";
import { withLock } from "./lock.ts";
import { holdSysctls, prepareMachine, releaseSysctls, requireRoot } from "./machine.ts";
import { modulesDirectory } from "./modules.ts";
import { freeIndex, maxHosts, networkOf, raiseBridge, removeLink } from "./network.ts";
import { labPaths } from "./paths.ts";
import { type Progress, silent } from "./progress.ts";
import { cachedRoot, removeOldRoots } from "./root.ts";
import { allStates, type LabState, readState, requireLabName, writeState } from "./state.ts";

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
  readonly progress?: Progress;
}

export const defaultLab = "lab";
const defaultHosts = 3;

/**
 * A lab with its hosts up: made, completed or just opened. The first time on a machine takes about a minute, the first
 * time of a lab a few seconds, otherwise it costs nothing.
 *
 * @throws LabError if this machine cannot hold one, with what is missing
 */
export async function ensureLab({ name = defaultLab, hosts, progress = silent }: LabOptions = {}): Promise<Lab> {
  requireLabName(name);
  requireRoot();
  if (hosts !== undefined && !(Number.isInteger(hosts) && hosts >= 1 && hosts <= maxHosts))
    throw new LabError(`hosts: ${hosts}: expected a number from 1 to ${maxHosts}`);
  const known = readState(name);
  if (known && known.hosts.length >= (hosts ?? 1) && known.hosts.every((host) => isSwitchedOn(name, host.name))) {
    progress.step(`lab "${name}" is up already: ${known.hosts.length} hosts`);
    await Promise.all(known.hosts.map((host) => waitUntilReady(known, host, 10_000)));
    return labOf(known);
  }
  return withLock(name, progress, async () => {
    const state = await withLock("machine", progress, () => prepareLab(name, hosts, progress));
    const { bridge, gateway } = networkOf(state.index);
    await raiseBridge(bridge, `${gateway}/24`);
    const lab = labOf(state);
    await Promise.all(state.hosts.map((host) => makeDisk(state, host)));
    writeConnectionFiles(name, lab.hosts);
    await Promise.all(lab.hosts.map((host) => bootAndTell(host, progress)));
    return lab;
  });
}

/** The lab of this name as it is, without changing anything; undefined if there is none. */
export function openLab(name: string): Lab | undefined {
  const state = readState(requireLabName(name));
  return state && labOf(state);
}

/** Ends a lab's hosts and removes all that it brought to this machine. What is cached for the next one stays. */
export async function removeLab(name: string, progress: Progress = silent): Promise<boolean> {
  requireRoot();
  if (!readState(requireLabName(name))) return false;
  return withLock(name, progress, async () => {
    const state = readState(name);
    if (!state) return false;
    await Promise.all(state.hosts.map((host) => stopContainer(state, host)));
    await removeLabGroups(name);
    await removeLink(networkOf(state.index).bridge);
    await withLock("machine", progress, async () => {
      rmSync(labPaths(name).dir, { recursive: true, force: true });
      if (allStates().length > 0) return;
      await stopAptCache();
      releaseSysctls();
    });
    return true;
  });
}

/** What labs share is prepared, and the lab is written down with its hosts to be. */
async function prepareLab(name: string, hosts: number | undefined, progress: Progress): Promise<LabState> {
  await prepareMachine(progress);
  holdSysctls(progress);
  const aptProxy = await startAptCache(progress);
  const root = await cachedRoot(aptProxy, progress);
  await modulesDirectory(); // made here once, or every host would make it as it boots
  const others = allStates().filter((state) => state.name !== name);
  const known = readState(name) ?? (await newState(name, root, others, progress));
  const count = Math.max(hosts ?? (known.hosts.length || defaultHosts), known.hosts.length);
  const added = Array.from({ length: count - known.hosts.length }, (_, i) => known.hosts.length + i + 1);
  const state: LabState = {
    ...known,
    aptProxy,
    hosts: [...known.hosts, ...added.map((number) => ({ name: `node-${number}`, number, root }))],
  };
  writeState(state);
  const { key } = labPaths(name);
  if (!existsSync(key)) await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", `lab ${name}`, "-f", key]);
  removeOldRoots(new Set([root, ...[...others, state].flatMap((lab) => lab.hosts.map((host) => host.root))]));
  return state;
}

async function newState(
  name: string,
  root: string,
  others: readonly LabState[],
  progress: Progress,
): Promise<Omit<LabState, "aptProxy">> {
  const index = await freeIndex(name, new Set(others.map((state) => state.index)));
  if (await overlayWorks(root)) return { name, index, disk: "overlay", hosts: [] };
  progress.step("this file system carries no overlay: every host gets a copy of the root");
  return { name, index, disk: "copy", hosts: [] };
}

async function bootAndTell(host: LabHost, progress: Progress): Promise<void> {
  if (host.running) return host.boot();
  const started = performance.now();
  await host.boot();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  progress.step(`${host.name}  ${host.address}  up after ${seconds} s`);
}

function labOf(state: LabState): Lab {
  const { name } = state;
  const { gateway, prefix } = networkOf(state.index);
  const paths = labPaths(name);
  const hosts = state.hosts.map((host) => labHost(state, host));
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
