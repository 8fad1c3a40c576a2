import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { run } from "../../command.ts";
import { architecture, buildDeb, type Deb } from "./deb.ts";
import type { SigningKey } from "./signing-key.ts";

/**
 * Writes a flat repository in the shape of pkgs.k8s.io: packages in a directory by architecture, the index and its
 * signatures beside it. Sources name it as `deb [signed-by=KEY] URL /`.
 *
 * @see https://wiki.debian.org/DebianRepository/Format#Flat_Repository_Format
 */
export async function writeRepository(
  dir: string,
  label: string,
  debs: readonly Deb[],
  key: SigningKey,
  work: string,
): Promise<void> {
  const pool = join(dir, architecture());
  mkdirSync(pool, { recursive: true });
  for (const deb of debs) await buildDeb(deb, pool, work);
  const ftparchive = (...args: string[]) =>
    run("sh", ["-c", 'cd "$1" && shift && apt-ftparchive "$@"', "-", dir, ...args]);
  const packages = await ftparchive("packages", ".");
  writeFileSync(join(dir, "Packages"), packages);
  writeFileSync(join(dir, "Packages.gz"), gzipSync(packages, { level: 9 }));
  writeFileSync(join(dir, "Release"), await ftparchive(...releaseOptions(label), "release", "."));
  await key.sign(dir);
  writeFileSync(join(dir, "Release.key"), key.publicKey);
}

/** What the Release file says beside the digests. It never expires: nobody signs it again. */
export function releaseOptions(label: string): string[] {
  const fields = { Origin: "hostwright-lab", Label: label, Architectures: architecture() };
  return Object.entries(fields).flatMap(([name, value]) => ["-o", `APT::FTPArchive::Release::${name}=${value}`]);
}
