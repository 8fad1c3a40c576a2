import { existsSync, mkdirSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { LabError, run } from "../command.ts";
import { requireRoot } from "../machine.ts";
import type { Progress } from "../progress.ts";
import { mirrorPaths } from "./places.ts";

/** Programs that the mirror calls beside Go, and the Debian package that each is in. */
const needed = new Map([
  ["apt-ftparchive", "apt-utils"],
  ["dpkg-deb", "dpkg"],
  ["gpg", "gnupg"],
  ["setpriv", "util-linux"],
]);

const gigabyte = 1e9;

/** Room for Go's caches while everything is built; what is kept takes less than one. */
const whileBuilding = 8 * gigabyte;
const whilePublishing = 2 * gigabyte;

/**
 * Makes sure that a mirror can be built here.
 *
 * @throws LabError if not, with what is missing
 */
export async function prepareToBuild(withGo: boolean, progress: Progress): Promise<void> {
  requireRoot();
  mkdirSync(mirrorPaths.parts, { recursive: true });
  const { bavail, bsize } = await statfs(mirrorPaths.base);
  const room = withGo ? whileBuilding : whilePublishing;
  if (bavail * bsize < room) throw new LabError(tooLittleRoom(bavail * bsize, room, mirrorPaths.base));
  const missing = [...needed].filter(([program]) => !existsSync(join("/usr/bin", program))).map(([, name]) => name);
  if (missing.length === 0) return;
  if (!existsSync("/usr/bin/apt-get"))
    throw new LabError(`the mirror needs ${missing.join(", ")} and installs them only on Debian`);
  progress.step(`installing ${missing.join(", ")}`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update", "-q"], { env });
  await run("apt-get", ["install", "-y", "-q", "--no-install-recommends", ...missing], { env });
}

export function tooLittleRoom(free: number, room: number, where: string): string {
  const [has, needs] = [free, room].map((bytes) => (bytes / gigabyte).toFixed(1));
  return `the mirror needs ${needs} GB in ${where} while it is built, and there are ${has} GB; most of it is free again afterwards`;
}
