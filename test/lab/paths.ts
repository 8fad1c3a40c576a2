import { join } from "node:path";

/** What is built once and kept: the Debian root, the packages. */
export const cacheDir = "/var/cache/hostwright/lab";
/** What belongs to labs that are up: disks, keys, processes. */
export const stateDir = "/var/lib/hostwright-lab";
/** Locks live beside the labs, since a lab's own directory comes and goes. */
export const lockDir = join(stateDir, ".locks");

/** Saved labs: beside the labs, so that disks are moved and not copied. */
export const savedDir = join(stateDir, ".saved");

export function labPaths(lab: string) {
  const dir = join(stateDir, lab);
  return {
    dir,
    state: join(dir, "lab.json"),
    key: join(dir, "id_ed25519"),
    knownHosts: join(dir, "known_hosts"),
    inventory: join(dir, "inventory.yaml"),
  };
}

export function hostPaths(lab: string, host: string) {
  const dir = join(labPaths(lab).dir, host);
  return {
    dir,
    /** What the host changed of the cached root (overlay), or its whole copy. */
    upper: join(dir, "upper"),
    work: join(dir, "work"),
    mount: join(dir, "root"),
    data: join(dir, "data"),
    /** Which saved disk it stands on, if any. */
    base: join(dir, "base.json"),
    hostKeys: join(dir, "sshd"),
    process: join(dir, "process.json"),
    console: join(dir, "console.log"),
  };
}
