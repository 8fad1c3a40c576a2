import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { clock } from "../../../lib/text/duration.ts";
import type { Progress } from "../progress.ts";
import type { Go } from "./go.ts";
import { BuildLog } from "./logged.ts";
import { damage, writeManifest } from "./manifest.ts";
import { mirrorPaths } from "./places.ts";

/** Something that is built once and kept: programs of one project at one version, mostly. */
export interface Part {
  readonly name: string;
  /** All that the result depends on. Its digest is in the directory's name: another recipe is another part. */
  readonly recipe: unknown;
  readonly usesGo: boolean;
  /** Puts the result into an empty directory. */
  build(into: string, shop: Workshop): Promise<void>;
}

export interface Workshop {
  readonly go: Go;
  /** An empty directory to work in, removed afterwards. */
  readonly work: string;
  readonly log: BuildLog;
}

export function partDirectory(part: Part): string {
  return join(mirrorPaths.parts, `${part.name}-${digestOf(part.recipe)}`);
}

/** Twelve digits that name something by what it is made from. */
export function digestOf(recipe: unknown): string {
  return createHash("sha256").update(JSON.stringify(recipe)).digest("hex").slice(0, 12);
}

/** Whether a part is there and whole; a damaged one is removed, and said so. */
export async function isBuilt(part: Part, progress: Progress): Promise<boolean> {
  const dir = partDirectory(part);
  if (!existsSync(dir)) return false;
  const wrong = await damage(dir);
  if (wrong === undefined) return true;
  progress.step(`${part.name} is damaged (${wrong}): it is built anew`);
  rmSync(dir, { recursive: true });
  return false;
}

/** Builds a part beside its place; it gets its name when it is whole, so that what was interrupted is never taken for it. */
export async function buildPart(part: Part, go: Go, count: string, progress: Progress): Promise<void> {
  const dir = partDirectory(part);
  const partial = `${dir}.partial`;
  const work = `${dir}.work`;
  const started = performance.now();
  const tell = ticker(progress, () => `${count} ${part.name}, ${clock(performance.now() - started)}`);
  const log = new BuildLog(join(mirrorPaths.logs, `${part.name}.log`), (line) => tell.now(line));
  try {
    for (const path of [partial, work]) {
      rmSync(path, { recursive: true, force: true });
      mkdirSync(path, { recursive: true });
    }
    await part.build(partial, { go, work, log });
    await writeManifest(partial);
    renameSync(partial, dir);
  } finally {
    tell.stop();
    for (const path of [partial, work]) rmSync(path, { recursive: true, force: true });
  }
  progress.step(`${count} ${part.name}: built, ${clock(performance.now() - started)}`);
}

/** Removes what former recipes made, and what was interrupted. */
export function removeOldParts(wanted: readonly Part[]): void {
  const keep = new Set(wanted.map(partDirectory));
  for (const name of readdirSync(mirrorPaths.parts)) {
    const dir = join(mirrorPaths.parts, name);
    if (!keep.has(dir)) rmSync(dir, { recursive: true });
  }
}

/** A live line that counts on although nothing happens: every second on a terminal, every minute elsewhere. */
function ticker(progress: Progress, text: () => string): { now(doing: string): void; stop(): void } {
  let doing = "";
  const show = () => progress.live(doing ? `${text()}: ${doing}` : text());
  const timer = setInterval(show, process.stderr.isTTY ? 1000 : 60_000);
  return {
    now(line) {
      doing = line;
    },
    stop() {
      clearInterval(timer);
    },
  };
}
