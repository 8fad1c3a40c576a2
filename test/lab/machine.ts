import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LabError, run } from "./command.ts";
import { stateDir } from "./paths.ts";
import { readIfThere } from "./process.ts";
import type { Progress } from "./progress.ts";

/** Programs the lab calls, and the Debian package that each is in. */
const needed = new Map([
  ["debootstrap", "debootstrap"],
  ["systemd-nspawn", "systemd-container"],
  ["apt-cacher-ng", "apt-cacher-ng"],
  ["ip", "iproute2"],
  ["ssh", "openssh-client"],
  ["depmod", "kmod"],
  ["nsenter", "util-linux"],
]);

const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Makes sure that this machine can hold a lab: root, Debian's tools installed. */
export async function prepareMachine(progress: Progress): Promise<void> {
  requireRoot();
  const packages = missingPackages();
  if (packages.length === 0) return;
  const install = `apt-get update && apt-get install --no-install-recommends ${packages.join(" ")}`;
  if (!existsSync("/etc/debian_version") || !existsSync("/usr/bin/apt-get"))
    throw new LabError(
      `the lab needs ${packages.join(", ")} and installs them only on Debian; this is ${systemName()}. On Debian it is: ${install}`,
    );
  progress.step(`installing ${packages.join(", ")}`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const onLine = (line: string) => progress.live(line);
  await run("apt-get", ["update", "-q"], { env, onLine });
  await run("apt-get", ["install", "-y", "-q", "--no-install-recommends", ...packages], { env, onLine });
  // The package starts a proxy for the whole network. The lab runs an instance of its own, so the one that came with
  // this installation (and only that) is stopped.
  if (packages.includes("apt-cacher-ng") && isSystemd())
    await run("systemctl", ["disable", "--quiet", "--now", "apt-cacher-ng.service"]);
}

export function requireRoot(): void {
  if (process.platform !== "linux") throw new LabError(`the lab needs Linux; this is ${process.platform}`);
  if (process.getuid?.() === 0) return;
  const packages = missingPackages();
  const hint = packages.length > 0 ? ` It would install ${packages.join(", ")} by apt.` : "";
  throw new LabError(
    `the lab boots containers, so it runs as root, not as uid ${process.getuid?.()}.${hint} Run it again with sudo`,
  );
}

/** Whether services and cgroups of this machine are systemd's business. */
export function isSystemd(): boolean {
  return readFileSync("/proc/1/comm", "utf8").trim() === "systemd";
}

function missingPackages(): string[] {
  const there = (program: string) => systemPath.split(":").some((dir) => existsSync(join(dir, program)));
  return [...needed].filter(([program]) => !there(program)).map(([, name]) => name);
}

function systemName(): string {
  return /^PRETTY_NAME="?([^"\n]*)/m.exec(readIfThere("/etc/os-release") ?? "")?.[1] ?? "an unknown system";
}

const inotify = "fs.inotify.max_user_instances";
/** What hosts are known to set for the whole machine: the first two systemd as it boots, the others kubelets. */
const setByHosts = ["fs.file-max", "fs.nr_open", "kernel.panic", "kernel.panic_on_oops", "vm.overcommit_memory"];
const sysctlsBefore = join(stateDir, ".sysctls.json");

/** Raises the one limit that all hosts share; what it and the others were is remembered until the last lab is down. */
export function holdSysctls(progress: Progress): void {
  if (!existsSync(sysctlsBefore)) {
    const before = Object.fromEntries([inotify, ...setByHosts].map((key) => [key, sysctl(key)]));
    mkdirSync(stateDir, { recursive: true });
    writeFileSync(sysctlsBefore, `${JSON.stringify(before, null, 2)}\n`);
  }
  const instances = sysctl(inotify);
  if (Number(instances) >= 1024) return;
  setSysctl(inotify, "8192");
  progress.step(`${inotify} raised from ${instances} to 8192 until the last lab is down: all hosts share it`);
}

/** Puts back what was before the first lab. */
export function releaseSysctls(): void {
  const before = JSON.parse(readIfThere(sysctlsBefore) ?? "{}") as Record<string, string>;
  for (const [key, value] of Object.entries(before)) if (sysctl(key) !== value) setSysctl(key, value);
  rmSync(sysctlsBefore, { force: true });
}

function sysctl(key: string): string {
  return readFileSync(sysctlFile(key), "utf8").trim();
}

function setSysctl(key: string, value: string): void {
  writeFileSync(sysctlFile(key), value);
}

function sysctlFile(key: string): string {
  return join("/proc/sys", ...key.split("."));
}
