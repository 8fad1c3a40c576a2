import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { clock } from "../../../lib/text/duration.ts";
import { LabError } from "../command.ts";
import { MACHINE, MIRROR, withLock } from "../lock.ts";
import { requireRoot } from "../machine.ts";
import { type Progress, silent } from "../progress.ts";
import { allStates } from "../state.ts";
import { findGo, type Go } from "./go.ts";
import { buildPart, isBuilt, type Part, partDirectory, removeOldParts } from "./part.ts";
import { allParts } from "./parts.ts";
import { type MirrorUrls, mirrorPaths, mirrorUrls } from "./places.ts";
import { prepareToBuild } from "./prepare.ts";
import { isPublished, publish, publishedDirectory, switchToPublished } from "./publish/publish.ts";
import { isMirrorServed, startMirrorServer, stopMirrorServer } from "./serve/start.ts";

export { type MirrorUrls, mirrorUrls } from "./places.ts";
export { isMirrorServed } from "./serve/start.ts";

/**
 * The mirror of Kubernetes for hosts without the internet: built if it is not there, checked if it is, and served if
 * a lab is up. The first time it takes some fourteen minutes of two cores; what an interruption leaves is gone on with.
 *
 * @throws LabError if it cannot be built here, with what is missing
 *
 * @example
 * const { charts, registry, repository } = await ensureMirror({ progress });
 */
export async function ensureMirror({ progress = silent }: { readonly progress?: Progress } = {}): Promise<MirrorUrls> {
  requireRoot();
  await withLock(MIRROR, progress, async () => {
    if (!(await isPublished(progress))) await build(progress);
    switchToPublished();
    removeOldParts(allParts());
    // Several gigabytes, and nobody builds the same again.
    rmSync(mirrorPaths.goCaches, { recursive: true, force: true });
  });
  await withLock(MACHINE, progress, async () => {
    if (allStates().length > 0) await startMirrorServer(progress);
  });
  return mirrorUrls();
}

/** The public key of the repositories, armored; undefined as long as there is no mirror. */
export function mirrorKey(): string | undefined {
  const file = join(mirrorPaths.current, "files/Release.key");
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/** Ends the server and removes all that was built, the signing key too. False if there is nothing. */
export async function removeMirror(progress: Progress = silent): Promise<boolean> {
  requireRoot();
  if (!existsSync(mirrorPaths.base)) return false;
  await withLock(MIRROR, progress, async () => {
    await withLock(MACHINE, progress, stopMirrorServer);
    rmSync(mirrorPaths.base, { recursive: true, force: true });
  });
  return true;
}

/** What is there, in lines for people. Content is not read: that is done before it is used. */
export function mirrorStatus(): string[] {
  const lines = allParts().map((part) => {
    const dir = partDirectory(part);
    return `  ${part.name.padEnd(24)}  ${existsSync(dir) ? megabytes(dir) : "not built"}`;
  });
  const wanted = publishedDirectory();
  const published = existsSync(wanted) ? `${megabytes(wanted)} in ${wanted}` : "not yet";
  const served = isMirrorServed() ? `registry ${mirrorUrls().registry}, charts ${mirrorUrls().charts}` : "no";
  return ["parts", ...lines, `published: ${published}`, `served: ${served}`];
}

async function build(progress: Progress): Promise<void> {
  const started = performance.now();
  const parts = allParts();
  mkdirSync(mirrorPaths.parts, { recursive: true });
  const missing: Part[] = [];
  for (const part of parts) if (!(await isBuilt(part, progress))) missing.push(part);
  const withGo = missing.some((part) => part.usesGo);
  const go = withGo ? await findGo() : noGo;
  await prepareToBuild(withGo, progress);
  if (missing.length > 0)
    progress.step(`building ${missing.length} of ${parts.length} parts; logs in ${mirrorPaths.logs}`);
  for (const [at, part] of parts.entries())
    if (missing.includes(part)) await buildPart(part, go, `${at + 1}/${parts.length}`, progress);
  await publish(progress);
  progress.step(`mirror published as ${basename(publishedDirectory())}, ${clock(performance.now() - started)} in all`);
}

const noGo: Go = {
  run: () => Promise.reject(new LabError("a part that needs no Go calls it")),
};

function megabytes(dir: string): string {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const bytes = files.reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0);
  return `${(bytes / 1e6).toFixed(0)} MB`.padStart(8);
}
