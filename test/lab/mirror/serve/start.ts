import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { LabError } from "../../command.ts";
import { servedAddress } from "../../network.ts";
import { forgetProcess, killNow, readIfThere, recordedPid, recordProcess } from "../../process.ts";
import type { Progress } from "../../progress.ts";
import { waitFor } from "../../wait.ts";
import { digestOf } from "../part.ts";
import { filesPort, mirrorPaths, mirrorUrls, registryPort } from "../places.ts";

export function isMirrorServed(): boolean {
  return recordedPid(mirrorPaths.serverProcess) !== undefined;
}

/**
 * Serves the mirror, if there is one and it is not served yet. The address has to be there: the package cache of the
 * labs has brought it.
 *
 * @throws LabError if it cannot listen, with what is in the way
 */
export async function startMirrorServer(progress: Progress): Promise<boolean> {
  if (!existsSync(mirrorPaths.current)) return false;
  const code = digestOf(readdirSync(import.meta.dirname).map((name) => sourceOf(name)));
  if (isMirrorServed() && readIfThere(mirrorPaths.serverCode) === code) return true;
  await stopMirrorServer(); // one of former code
  const log = openSync(mirrorPaths.serverLog, "w");
  const ports = ["--registry-port", String(registryPort), "--files-port", String(filesPort)];
  const args = ["--directory", mirrorPaths.current, "--address", servedAddress, ...ports];
  const child = spawn(process.execPath, [`${import.meta.dirname}/server.ts`, ...args], {
    detached: true,
    stdio: ["ignore", log, log],
    cwd: "/",
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
  });
  closeSync(log);
  child.on("error", () => {}); // told below: it does not answer
  child.unref();
  if (child.pid !== undefined) recordProcess(mirrorPaths.serverProcess, child.pid);
  writeFileSync(mirrorPaths.serverCode, code);
  const { registry, repositoryKey } = mirrorUrls();
  await waitFor(`the mirror to answer on ${registry}`, 15_000, () => answers(`${registry}/v2/`));
  await waitFor(`the mirror to answer on ${repositoryKey}`, 15_000, () => answers(repositoryKey));
  progress.step(`mirror: registry ${registry}, files http://${servedAddress}:${filesPort}`);
  return true;
}

/** For a lab that comes up: most of what is done there needs no mirror, so one that cannot be served is only told. */
export async function serveIfBuilt(progress: Progress): Promise<void> {
  try {
    await startMirrorServer(progress);
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    progress.step(error.message);
  }
}

export async function stopMirrorServer(): Promise<void> {
  const pid = recordedPid(mirrorPaths.serverProcess);
  if (pid !== undefined) {
    killNow(pid);
    await waitFor("the mirror's server to end", 5000, () => !isMirrorServed());
  }
  forgetProcess(mirrorPaths.serverProcess);
}

function sourceOf(name: string): string {
  return readFileSync(`${import.meta.dirname}/${name}`, "utf8");
}

async function answers(url: string): Promise<boolean> {
  if (!isMirrorServed()) throw new LabError(collision(readIfThere(mirrorPaths.serverLog) ?? ""));
  return fetch(url, { signal: AbortSignal.timeout(2000) }).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** Why the server ended at once, and what to do. */
export function collision(log: string): string {
  const [, code, port] = /listen (E\w+): .*:(\d+)\s*$/m.exec(log) ?? [];
  if (code === "EADDRINUSE")
    return `the mirror is not served: port ${port} of ${servedAddress} is taken, perhaps by a program that listens on all addresses; "ss -ltnp sport = :${port}" names it`;
  if (code === "EADDRNOTAVAIL")
    return `the mirror is not served: this machine does not have ${servedAddress}; "npm run lab -- up" brings it`;
  return `the mirror's server does not start:\n  ${log.trim().split("\n").slice(-8).join("\n  ")}`;
}
