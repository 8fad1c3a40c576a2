import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type CommandResult, capture, LabError } from "./command.ts";
import { containerPid, isSwitchedOn, startContainer, stopContainer, waitUntilReady } from "./container.ts";
import { dropDisk, makeDisk } from "./disk.ts";
import { withLock } from "./lock.ts";
import { hostPaths, labPaths } from "./paths.ts";
import { silent } from "./progress.ts";
import { admin } from "./recipe.ts";
import { addressOf, type HostState, type LabState } from "./state.ts";

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
  /** Switches it on, waits until one can log in. Nothing to do if it runs. */
  boot(): Promise<void>;
  /** A fresh disk under the same address and sshd keys. */
  reset(): Promise<void>;
}

export interface ExecOptions {
  readonly input?: string;
  readonly timeoutMs?: number;
}

export function labHost(state: LabState, host: HostState): LabHost {
  const { name } = host;
  const pid = () => {
    const found = containerPid(state.name, name);
    if (found === undefined) throw new LabError(`${name} of lab "${state.name}" does not run`);
    return found;
  };
  const alone = (work: () => Promise<void>) => withLock(`${state.name}.${name}`, silent, work);
  const boot = async () => {
    if (isSwitchedOn(state.name, name)) return waitUntilReady(state, host);
    await stopContainer(state, host); // what a crash left of it
    await makeDisk(state, host);
    await startContainer(state, host);
    await waitUntilReady(state, host);
  };
  return {
    name,
    address: addressOf(state, host),
    user: admin.name,
    keyFile: labPaths(state.name).key,
    get hostKeys() {
      return publicHostKeys(state.name, name);
    },
    get running() {
      return containerPid(state.name, name) !== undefined;
    },
    get pid() {
      return pid();
    },
    exec: (script, { input, timeoutMs = 120_000 } = {}) =>
      capture("nsenter", [...intoNamespacesOf(pid()), "sh", "-c", script], {
        timeoutMs,
        ...(input === undefined ? {} : { input }),
      }),
    kill: () => alone(() => stopContainer(state, host)),
    boot: () => alone(boot),
    reset: () =>
      alone(async () => {
        await stopContainer(state, host);
        dropDisk(state.name, name);
        await boot();
      }),
  };
}

function intoNamespacesOf(pid: number): string[] {
  const namespaces = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"];
  const environment = ["env", "-i", "HOME=/root", "LC_ALL=C.UTF-8", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"];
  return ["--target", String(pid), ...namespaces, "--root", "--wd", "--", ...environment];
}

function publicHostKeys(lab: string, host: string): string[] {
  const dir = hostPaths(lab, host).hostKeys;
  const files = readdirSync(dir).filter((file) => file.endsWith(".pub"));
  return files.map((file) => readFileSync(join(dir, file), "utf8").trim());
}
