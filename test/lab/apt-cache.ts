import { spawn } from "node:child_process";
import { chownSync, closeSync, existsSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { LabError, run } from "./command.ts";
import { debian, debianSecurity, machineAptSettings, machineMirror } from "./debian-mirror.ts";
import { servedAddress as address, raiseBridge, removeLink } from "./network.ts";
import { cacheDir } from "./paths.ts";
import { forgetProcess, killNow, readIfThere, recordedPid, recordProcess } from "./process.ts";
import type { Progress } from "./progress.ts";
import { waitFor } from "./wait.ts";

/**
 * An apt-cacher-ng of the lab's own: hosts have no way to the internet and get their packages from it, each one loaded
 * once. It listens only on an address that exists on this machine and nowhere else, which every lab's hosts reach
 * through their gateway; so it neither is open to the machine's network nor depends on which lab was first.
 */
const bridge = "hwlab-apt";
const dir = join(cacheDir, "apt");
const processFile = join(dir, "process.json");
const portFile = join(dir, "port");

/** Starts it unless it runs, and gives back its URL. */
export async function startAptCache(progress: Progress): Promise<string> {
  await raiseBridge(bridge, `${address}/32`);
  if (recordedPid(processFile) !== undefined) return `http://${address}:${readIfThere(portFile)}`;
  const port = await freePort(3142);
  const owner = Number(await run("id", ["-u", "apt-cacher-ng"]));
  const group = Number(await run("id", ["-g", "apt-cacher-ng"]));
  for (const part of ["conf", "cache", "log"]) {
    mkdirSync(join(dir, part), { recursive: true });
    chownSync(join(dir, part), owner, group);
  }
  writeFileSync(join(dir, "conf", "acng.conf"), await configuration(port));
  const log = openSync(join(dir, "apt-cacher-ng.log"), "w");
  const child = spawn("/usr/sbin/apt-cacher-ng", ["-c", join(dir, "conf"), "ForeGround=1"], {
    detached: true,
    stdio: ["ignore", log, log],
    uid: owner,
    gid: group,
    cwd: "/",
  });
  closeSync(log);
  child.on("error", () => {}); // told below: it does not answer
  child.unref();
  if (child.pid !== undefined) recordProcess(processFile, child.pid);
  writeFileSync(portFile, String(port));
  const url = `http://${address}:${port}`;
  try {
    await waitFor(`apt-cacher-ng to answer on ${url}`, 15_000, () => answers(url));
  } catch (cause) {
    throw new LabError(`the package cache does not start: ${logTail()}`, { cause });
  }
  progress.step(`package cache on ${url}`);
  return url;
}

export async function stopAptCache(): Promise<void> {
  const pid = recordedPid(processFile);
  if (pid !== undefined) {
    killNow(pid);
    await waitFor("apt-cacher-ng to end", 5000, () => recordedPid(processFile) === undefined);
  }
  forgetProcess(processFile);
  await removeLink(bridge);
}

async function configuration(port: number): Promise<string> {
  const mirror = machineMirror();
  const { proxy } = await machineAptSettings();
  const lines = [
    `CacheDir: ${join(dir, "cache")}`,
    `LogDir: ${join(dir, "log")}`,
    "SupportDir: /usr/lib/apt-cacher-ng",
    `SocketPath: ${join(dir, "log", "socket")}`,
    `Port: ${port}`,
    `BindAddress: ${address}`,
    "ExThreshold: 30",
    // Or it asks upstream again for what another host has just got, and hangs up on those that read it meanwhile.
    "FreshIndexMaxAge: 86400",
  ];
  // Hosts always ask under Debian's usual name; where it comes from is this file's business, so that the cached root outlives a
  // change of the machine's mirror.
  if (mirror.archive !== debian) lines.push(`Remap-debrep: ${debian} ; ${mirror.archive}`);
  if (mirror.security && mirror.security !== debianSecurity)
    lines.push(`Remap-secdeb: ${debianSecurity} ; ${mirror.security}`);
  if (proxy) lines.push(`Proxy: ${proxy}`);
  return `${lines.join("\n")}\n`;
}

async function answers(url: string): Promise<boolean> {
  if (recordedPid(processFile) === undefined) throw new LabError("apt-cacher-ng ended at once");
  // Any answer will do: without a page of its own it says 404 or 406.
  return fetch(url, { signal: AbortSignal.timeout(2000) }).then(
    () => true,
    () => false,
  );
}

/** An instance that somebody else runs may hold the usual port. */
async function freePort(first: number): Promise<number> {
  for (let port = first; port < first + 20; port++) {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, address, () => server.close(() => resolve(true)));
    if (await promise) return port;
  }
  throw new LabError(`no free port for the package cache: ${first} to ${first + 19} are in use on ${address}`);
}

export function logTail(): string {
  const files = ["apt-cacher-ng.log", "log/apt-cacher.err"].map((name) => join(dir, name)).filter(existsSync);
  const lines = files.flatMap((file) => (readIfThere(file) ?? "").trim().split("\n")).filter(Boolean);
  return lines.slice(-5).join("\n  ") || `nothing in ${files.join(" or ")}`;
}
