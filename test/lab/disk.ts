import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { capture, run } from "./command.ts";
import { placeIdentity } from "./identity.ts";
import { hostPaths, stateDir } from "./paths.ts";
import { readIfThere } from "./process.ts";
import type { HostState, LabState } from "./state.ts";

/** Directories that must not lie on an overlay: containerd lays overlays of its own, etcd wants a real fsync. */
export const realDirectories = ["/var/lib/containerd", "/var/lib/kubelet", "/var/lib/etcd"];

/** Whether hosts can be laid over the cached root: not if the state directory is itself on an overlay, say. */
export async function overlayWorks(cachedRoot: string): Promise<boolean> {
  const probe = join(stateDir, ".probe");
  rmSync(probe, { recursive: true, force: true });
  for (const part of ["upper", "work", "root"]) mkdirSync(join(probe, part), { recursive: true });
  const options = `lowerdir=${cachedRoot},upperdir=${probe}/upper,workdir=${probe}/work`;
  const script = 'mount -t overlay overlay -o "$1" "$2" && : > "$2/etc/probe"';
  const args = ["--mount", "sh", "-c", script, "probe", options, join(probe, "root")];
  const { code } = await capture("unshare", args);
  rmSync(probe, { recursive: true, force: true });
  return code === 0;
}

/** What a host's disk is laid over instead of the cached root alone: a saved disk, which is never written to. */
export interface DiskBase {
  /** Saved upper halves, the topmost first; of copied disks one, and it is whole. */
  readonly layers: readonly string[];
  /** The saved real directories. They are copied: an overlay must not lie under them. */
  readonly data: string;
}

/** What the overlay of a host lies over, the topmost first. */
export function lowerDirectories(state: LabState, host: HostState): string[] {
  return [...(diskBase(state.name, host.name)?.layers ?? []), host.root];
}

/** The saved disk that a host stands on; undefined if it stands on the root alone. */
export function diskBase(lab: string, host: string): DiskBase | undefined {
  const content = readIfThere(hostPaths(lab, host).base);
  return content === undefined ? undefined : (JSON.parse(content) as DiskBase);
}

/**
 * A disk, unless the host has one: as it was saved, or fresh. Only for whoever holds the host's lock: two at a time would
 * each move the other's half-made disk into place, and a host without its network file boots and never answers.
 */
export async function makeDisk(state: LabState, host: HostState): Promise<void> {
  const paths = hostPaths(state.name, host.name);
  if (existsSync(paths.upper)) return;
  const fresh = `${paths.upper}.new`;
  for (const left of [fresh, paths.work, paths.data]) await remove(left);
  for (const dir of [paths.work, paths.mount]) mkdirSync(dir, { recursive: true });
  const base = diskBase(state.name, host.name);
  if (base) await copyTree(base.data, paths.data);
  else for (const dir of realDirectories) mkdirSync(dataDirectory(paths.data, dir), { recursive: true });
  if (state.disk === "copy") await copyTree(base?.layers[0] ?? host.root, fresh);
  else mkdirSync(fresh);
  if (!base) await placeIdentity(fresh, state, host);
  renameSync(fresh, paths.upper);
}

/** Everything the host has written is gone; its sshd keys stay, so known_hosts stays right. */
export async function dropDisk(lab: string, host: string, base?: DiskBase): Promise<void> {
  const paths = hostPaths(lab, host);
  const old = `${paths.upper}.old`;
  await remove(old);
  // Moved away at once: what is left of a removal that was interrupted would be taken for a whole disk.
  if (existsSync(paths.upper)) renameSync(paths.upper, old);
  mkdirSync(paths.dir, { recursive: true });
  if (base) writeFileSync(paths.base, `${JSON.stringify(base, null, 2)}\n`);
  else await remove(paths.base);
  for (const part of [old, paths.work, paths.data]) await remove(part);
}

/** Where a real directory of the host lies on the machine. */
export function dataDirectory(data: string, path: string): string {
  return join(data, path.replaceAll("/", "_").slice(1));
}

/** A copy with all that a disk has: owners, holes, hard links, extended attributes, an overlay's white-outs. */
async function copyTree(from: string, to: string): Promise<void> {
  await run("cp", ["--archive", "--sparse=auto", "--reflink=auto", from, to]);
}

function remove(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true });
}
