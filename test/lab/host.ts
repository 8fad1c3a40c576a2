import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { bootHost } from "./boot.ts";
import { type CommandResult, LabError } from "./command.ts";
import { containerPid, runInside, stopContainer } from "./container.ts";
import { dropDisk } from "./disk.ts";
import { withLock } from "./lock.ts";
import { hostPaths, labPaths } from "./paths.ts";
import { type Progress, silent } from "./progress.ts";
import { admin } from "./recipe.ts";
import { addressOf, type HostState, type LabState, readState } from "./state.ts";

/** A throw-away machine: log in by ssh as `user` with `keyFile`, or look into it from outside with `exec`. */
export interface LabHost {
  readonly name: string;
  readonly address: string;
  readonly user: string;
  readonly keyFile: string;
  /** Public keys of its sshd, as `ssh-ed25519 AAAA…`; the same after a reset. */
  readonly hostKeys: readonly string[];
  readonly running: boolean;
  /** The pid on this machine of its PID 1. It changes when the host boots. @throws LabError if it does not run. */
  readonly pid: number;
  /** Runs `sh -c` in it as root, past sshd: for assertions and faults. */
  exec(script: string, options?: ExecOptions): Promise<CommandResult>;
  /** Pulls the plug. The disk stays. */
  kill(): Promise<void>;
  /**
   * Switches it on, waits until one can log in. Nothing to do if it runs. A host that does not come up is switched off
   * and on again, once. @throws LabError if that does not help either, with what is seen of it from outside and inside
   */
  boot(): Promise<void>;
  /** A fresh disk under the same address and sshd keys. */
  reset(): Promise<void>;
}

export interface ExecOptions {
  readonly input?: string;
  readonly timeoutMs?: number;
}

/** One piece of work on a host at a time, across processes. */
export function withHostLock<T>(lab: string, host: string, work: () => Promise<T>): Promise<T> {
  return withLock(`${lab}.${host}`, silent, work);
}

/** On all of these hosts, one after the other locked, in this order. Never for whoever holds the lock of the machine. */
export function withHostLocks<T>(lab: string, hosts: readonly string[], work: () => Promise<T>): Promise<T> {
  const [first, ...others] = hosts;
  return first === undefined ? work() : withHostLock(lab, first, () => withHostLocks(lab, others, work));
}

export function labHost(labState: LabState, hostState: HostState, progress: Progress): LabHost {
  const lab = labState.name;
  const { name } = hostState;
  const pid = () => {
    const found = containerPid(lab, name);
    if (found === undefined) throw new LabError(`${name} of lab "${lab}" does not run`);
    return found;
  };
  /** With the lab as it is by now: others may have laid or removed it since this object was made. */
  const alone = (work: (state: LabState, host: HostState) => Promise<void>) =>
    withHostLock(lab, name, () => {
      const state = readState(lab);
      const host = state?.hosts.find((host) => host.name === name);
      if (!state || !host) throw new LabError(`lab "${lab}" has no ${name} any more`);
      return work(state, host);
    });
  return {
    name,
    address: addressOf(labState, hostState),
    user: admin.name,
    keyFile: labPaths(lab).key,
    get hostKeys() {
      return publicHostKeys(lab, name);
    },
    get running() {
      return containerPid(lab, name) !== undefined;
    },
    get pid() {
      return pid();
    },
    exec: (script, { input, timeoutMs = 120_000 } = {}) =>
      runInside(pid(), script, { timeoutMs, ...(input === undefined ? {} : { input }) }),
    kill: () => alone(stopContainer),
    boot: () => alone((state, host) => bootHost(state, host, progress)),
    reset: () =>
      alone(async (state, host) => {
        await stopContainer(state, host);
        await dropDisk(lab, name);
        await bootHost(state, host, progress);
      }),
  };
}

function publicHostKeys(lab: string, host: string): string[] {
  const dir = hostPaths(lab, host).hostKeys;
  const files = readdirSync(dir).filter((file) => file.endsWith(".pub"));
  return files.map((file) => readFileSync(join(dir, file), "utf8").trim());
}
