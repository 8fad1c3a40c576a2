import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { makeGroups, removeGroups } from "./cgroups.ts";
import { type CommandOptions, type CommandResult, capture } from "./command.ts";
import { dataDirectory, lowerDirectories, realDirectories } from "./disk.ts";
import { isSystemd } from "./machine.ts";
import { modulesDirectory } from "./modules.ts";
import { networkOf, removeLink } from "./network.ts";
import { hostPaths } from "./paths.ts";
import { childrenOf, forgetProcess, killNow, recordedPid, recordProcess, startTimeOf } from "./process.ts";
import type { HostState, LabState } from "./state.ts";
import { waitFor } from "./wait.ts";

/**
 * What runs on the machine for a host, in a mount namespace of its own, so that whatever ends it also unmounts the disk:
 * supervise.sh OVERLAY-OPTIONS MOUNT-POINT LINK GROUP… -- SYSTEMD-NSPAWN…
 *
 * With --keep-unit a reboot inside ends systemd-nspawn with 133, for the service manager to start it again: the loop.
 * Nothing of the host may then be left: neither its link's name nor its control groups. The loop itself stays outside
 * of those, since in version 2 a group with children has no processes.
 */
const supervise = `
[ -z "$1" ] || mount -t overlay overlay -o "$1" "$2" || exit 1
link=$3 groups=; shift 3
while [ "$1" != -- ]; do groups="$groups $1"; shift; done; shift
while :; do
  while [ -e "/sys/class/net/$link" ]; do sleep 0.1; done
  ( for g in $groups; do sh -c 'echo $PPID >"$1/cgroup.procs"' enter "$g" || exit 1; done; exec "$@" )
  [ $? = 133 ] || exit
  for g in $groups; do find "$g" -mindepth 1 -depth -type d -exec rmdir {} +; done
done
`;

/** Starts the host's systemd; `waitUntilReady` tells when one can log in. */
export async function startContainer(state: LabState, host: HostState): Promise<void> {
  const paths = hostPaths(state.name, host.name);
  const groups = makeGroups(state.name, host.name);
  await removeLink(vethName(state, host));
  const overlay = `lowerdir=${lowerDirectories(state, host).join(":")},upperdir=${paths.upper},workdir=${paths.work}`;
  const disk = [state.disk === "copy" ? "" : overlay, paths.mount];
  const nspawn = ["systemd-nspawn", ...(await nspawnArguments(state, host))];
  const script = ["sh", "-c", supervise, "supervise.sh", ...disk, vethName(state, host), ...groups, "--", ...nspawn];
  const log = openSync(paths.console, "w");
  const child = spawn("/usr/bin/unshare", ["--mount", "--propagation", "slave", ...script], {
    detached: true,
    stdio: ["ignore", log, log],
    cwd: "/",
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", SYSTEMD_NSPAWN_API_VFS_WRITABLE: "yes" },
  });
  closeSync(log);
  child.on("error", () => {}); // told by waitUntilReady: the host has ended
  child.unref();
  if (child.pid !== undefined) recordProcess(paths.process, child.pid);
}

/** Like pulling the plug: SIGKILL to the host's PID 1. A SIGTERM to systemd-nspawn would leave a half-dead host. */
export async function stopContainer(state: LabState, host: HostState): Promise<void> {
  const file = hostPaths(state.name, host.name).process;
  const supervisor = recordedPid(file);
  if (supervisor !== undefined) {
    const [nspawn] = childrenOf(supervisor);
    killNow(supervisor); // first: it would take up a host that reboots just now
    for (const pid of nspawn === undefined ? [] : childrenOf(nspawn)) killNow(pid);
    if (nspawn !== undefined) await nspawnEnds(host.name, nspawn);
    await waitFor(`the supervisor of ${host.name} to end`, 10_000, () => recordedPid(file) === undefined);
  }
  forgetProcess(file);
  await removeGroups(state.name, host.name);
  // The kernel takes a network namespace apart a moment later; until then the name of its link is taken.
  await waitFor(`the link of ${host.name} to go`, 10_000, () => !existsSync(`/sys/class/net/${vethName(state, host)}`));
}

async function nspawnEnds(host: string, pid: number): Promise<void> {
  const startTime = startTimeOf(pid);
  const ended = () => startTime === undefined || startTimeOf(pid) !== startTime;
  await waitFor(`systemd-nspawn of ${host} to end`, 10_000, ended).catch(() => {
    killNow(pid);
    return waitFor(`systemd-nspawn of ${host} (pid ${pid}) to end`, 10_000, ended);
  });
}

/** The pid, on this machine, of the host's own PID 1; undefined if the host does not run. */
export function containerPid(lab: string, host: string): number | undefined {
  const supervisor = recordedPid(hostPaths(lab, host).process);
  const nspawn = supervisor === undefined ? undefined : childrenOf(supervisor)[0];
  return nspawn === undefined ? undefined : childrenOf(nspawn)[0];
}

/** Whether it was started and has not ended: also while it boots or reboots, when it has no PID 1. */
export function isSwitchedOn(lab: string, host: string): boolean {
  return recordedPid(hostPaths(lab, host).process) !== undefined;
}

/** Runs `sh -c` in it as root, past sshd. */
export function runInside(pid: number, script: string, options: CommandOptions = {}): Promise<CommandResult> {
  const namespaces = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"];
  const environment = ["env", "-i", "HOME=/root", "LC_ALL=C.UTF-8", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"];
  const into = ["--target", String(pid), ...namespaces, "--root", "--wd", "--", ...environment];
  return capture("nsenter", [...into, "sh", "-c", script], options);
}

async function nspawnArguments(state: LabState, host: HostState): Promise<string[]> {
  const paths = hostPaths(state.name, host.name);
  const binds = realDirectories.map((path) => `--bind=${dataDirectory(paths.data, path)}:${path}`);
  return [
    "--register=no",
    // Where systemd is PID 1 it gives nspawn a scope; elsewhere the groups entered before are the host's.
    ...(isSystemd() ? [] : ["--keep-unit"]),
    "--settings=no",
    "--boot",
    `--directory=${state.disk === "copy" ? paths.upper : paths.mount}`,
    `--machine=${machineName(state, host)}`,
    `--hostname=${host.name}`,
    `--network-bridge=${networkOf(state.index).bridge}`,
    "--resolv-conf=off",
    "--timezone=off",
    "--link-journal=no",
    "--console=passive",
    // A host may do what a machine may: load rules, mount, run containers and their BPF programs.
    "--capability=all",
    "--system-call-filter=@keyring bpf",
    "--bind=/dev/kmsg",
    `--bind-ro=${await modulesDirectory()}:/usr/lib/modules`,
    ...binds,
  ];
}

/** Short, since the name of a link has 15 characters: nspawn's is "vb-" and this. */
function machineName(state: LabState, host: HostState): string {
  return `hw${state.index}-${host.number}`;
}

/** The name, on this machine, of the link to the host. */
export function vethName(state: LabState, host: HostState): string {
  return `vb-${machineName(state, host)}`;
}
