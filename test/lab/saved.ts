import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { cp, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { LabError, run } from "./command.ts";
import { type DiskBase, diskBase } from "./disk.ts";
import { hostPaths, labPaths, savedDir } from "./paths.ts";
import { readIfThere } from "./process.ts";
import { allStates, type HostState, type LabState, requireLabName } from "./state.ts";

/** A saved lab as it is written down: what its disks fit to. */
export interface SavedLab {
  readonly name: string;
  /** The lab as it was. Its disks hold the addresses of this network and stand on these roots. */
  readonly state: LabState;
  /** Saved disks under this one, by host. */
  readonly below: Readonly<Record<string, readonly string[]>>;
  /** ISO 8601. */
  readonly savedAt: string;
}

const record = "saved.json";

/** @throws LabError if there is none of this name, with those that there are */
export function requireSaved(name: string): SavedLab {
  const saved = savedLabs();
  const found = saved.find((one) => one.name === name);
  if (found) return found;
  const names = saved.map((one) => `"${one.name}"`).join(", ") || "none";
  throw new LabError(`there is no saved lab "${name}"; there is ${names}`);
}

/** Every saved lab of this machine. Half-made ones have other names than a lab can have and are not among them. */
export function savedLabs(): SavedLab[] {
  if (!existsSync(savedDir)) return [];
  const names = readdirSync(savedDir).filter((name) => !name.includes("."));
  return names.flatMap((name) => JSON.parse(readIfThere(join(savedDir, name, record)) ?? "[]") as SavedLab);
}

/** The bytes that it takes. */
export async function sizeOfSaved(name: string): Promise<number> {
  return Number((await run("du", ["--summarize", "--block-size=1", join(savedDir, name)])).split("\t")[0]);
}

/** @throws LabError if a lab or another saved one stands on it */
export async function removeSaved(name: string): Promise<void> {
  requireSaved(name);
  requireFree(name);
  await discard(name);
}

/** The disk that a host of a saved lab is laid over. */
export function baseOf({ name, state, below }: SavedLab, host: string): DiskBase {
  const dir = join(savedDir, name, host);
  const under = state.disk === "copy" ? [] : (below[host] ?? []);
  return { layers: [join(dir, "upper"), ...under], data: join(dir, "data") };
}

/**
 * Moves the disks of a lab that is off into a saved one. It takes the name when it is whole: one of this name is replaced.
 * An interruption leaves no half saved lab, but hosts whose disk was moved already come up fresh.
 */
export async function moveDisks(state: LabState, name: string): Promise<SavedLab> {
  requireFree(name);
  const partial = join(savedDir, `${name}.partial`);
  await rm(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  const below = state.hosts.map((host) => [host.name, diskBase(state.name, host.name)?.layers ?? []] as const);
  const saved: SavedLab = { name, state, below: Object.fromEntries(below), savedAt: new Date().toISOString() };
  writeFileSync(join(partial, record), `${JSON.stringify(saved, null, 2)}\n`);
  await copyKeys(labPaths(state.name).dir, partial, state.hosts);
  for (const host of state.hosts) {
    const paths = hostPaths(state.name, host.name);
    for (const part of [paths.upper, paths.data]) renameSync(part, join(partial, host.name, basename(part)));
  }
  await discard(name);
  renameSync(partial, join(savedDir, name));
  return saved;
}

/** Gives a lab the keys, its own and those of its hosts, that the disks of a saved one have. */
export async function layKeys({ name, state }: SavedLab, lab: string): Promise<void> {
  await copyKeys(join(savedDir, name), labPaths(lab).dir, state.hosts);
}

async function copyKeys(from: string, to: string, hosts: readonly HostState[]): Promise<void> {
  const options = { recursive: true, force: true, preserveTimestamps: true };
  for (const key of ["id_ed25519", "id_ed25519.pub"]) await cp(join(from, key), join(to, key), options);
  for (const host of hosts) await cp(join(from, host.name, "sshd"), join(to, host.name, "sshd"), options);
}

/** Renamed first, so that what is left of an interrupted removal is not taken for a saved lab. */
async function discard(name: string): Promise<void> {
  const old = join(savedDir, `${name}.old`);
  await rm(old, { recursive: true, force: true });
  if (!existsSync(join(savedDir, name))) return;
  renameSync(join(savedDir, name), old);
  await rm(old, { recursive: true, force: true });
}

function requireFree(name: string): void {
  const dir = `${join(savedDir, requireLabName(name))}/`;
  const standsOnIt = (layers: readonly string[] = []) => layers.some((layer) => layer.startsWith(dir));
  const labs = allStates().filter((lab) => lab.hosts.some((host) => standsOnIt(diskBase(lab.name, host.name)?.layers)));
  const saved = savedLabs().filter((one) => Object.values(one.below).some(standsOnIt));
  const users = [...labs.map((lab) => `the lab "${lab.name}"`), ...saved.map((one) => `the saved lab "${one.name}"`)];
  if (users.length === 0) return;
  throw new LabError(
    `the saved lab "${name}" can be neither removed nor replaced: ${users.join(" and ")} ${users.length > 1 ? "stand" : "stands"} on its disks; reset its hosts or remove it first`,
  );
}
