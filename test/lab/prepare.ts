import { existsSync } from "node:fs";
import { startAptCache } from "./apt-cache.ts";
import { LabError, run } from "./command.ts";
import { overlayWorks } from "./disk.ts";
import { holdSysctls, prepareMachine } from "./machine.ts";
import { serveIfBuilt } from "./mirror/serve/start.ts";
import { modulesDirectory } from "./modules.ts";
import { freeIndex, networkOf } from "./network.ts";
import { labPaths } from "./paths.ts";
import type { Progress } from "./progress.ts";
import { cachedRoot, removeOldRoots } from "./root.ts";
import { savedLabs } from "./saved.ts";
import { allStates, type HostState, type LabState, readState, writeState } from "./state.ts";

const defaultHosts = 3;

type Unprepared = Omit<LabState, "aptProxy">;

/** What a lab shall have: so many hosts at least, or those of a saved lab and no others. */
type Wanted = { readonly hosts: number | undefined } | { readonly saved: LabState };

/** What labs share is prepared, and the lab is written down with its hosts to be. */
export async function prepareLab(name: string, wanted: Wanted, progress: Progress): Promise<LabState> {
  await prepareMachine(progress);
  holdSysctls(progress);
  const aptProxy = await startAptCache(progress);
  await serveIfBuilt(progress);
  const root = await cachedRoot(aptProxy, progress);
  await modulesDirectory(); // made here once, or every host would make it as it boots
  const others = allStates().filter((state) => state.name !== name);
  const fixed = "saved" in wanted ? wanted.saved : undefined;
  const known = readState(name) ?? (await newState(name, root, others, fixed?.index, progress));
  if (fixed) requireFit(known, fixed);
  const hosts = fixed?.hosts ?? withAdded(known.hosts, "hosts" in wanted ? wanted.hosts : undefined, root);
  const state: LabState = { ...known, aptProxy, hosts };
  writeState(state);
  const { key } = labPaths(name);
  if (!existsSync(key)) await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", `lab ${name}`, "-f", key]);
  const all = [state, ...others, ...savedLabs().map((saved) => saved.state)];
  removeOldRoots(new Set([root, ...all.flatMap((lab) => lab.hosts.map((host) => host.root))]));
  return state;
}

function withAdded(known: readonly HostState[], hosts: number | undefined, root: string): HostState[] {
  const count = Math.max(hosts ?? (known.length || defaultHosts), known.length);
  const added = Array.from({ length: count - known.length }, (_, i) => known.length + i + 1);
  return [...known, ...added.map((number) => ({ name: `node-${number}`, number, root }))];
}

function requireFit(lab: Unprepared, saved: Unprepared): void {
  const words = ({ index, disk }: Unprepared) => `on ${networkOf(index).prefix}0/24 with disks of kind "${disk}"`;
  if (words(lab) === words(saved)) return;
  throw new LabError(
    `lab "${lab.name}" is ${words(lab)}, the saved one was ${words(saved)}: its disks do not fit. Lay it as "${saved.name}", or when that network is free`,
  );
}

async function newState(
  name: string,
  root: string,
  others: readonly LabState[],
  wanted: number | undefined,
  progress: Progress,
): Promise<Unprepared> {
  const index = await freeIndex(name, new Set(others.map((state) => state.index)), wanted);
  if (await overlayWorks(root)) return { name, index, disk: "overlay", hosts: [] };
  progress.step("this file system carries no overlay: every host gets a copy of the root");
  return { name, index, disk: "copy", hosts: [] };
}
