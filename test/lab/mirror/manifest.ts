import { createHash } from "node:crypto";
import { createReadStream, existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

/** Content of a directory: path -> sha256 of a file, or `-> target` of a symbolic link. */
export type Manifest = Readonly<Record<string, string>>;

const file = "manifest.json";

/** Writes down what a directory holds, so that it can be checked before it is used again. */
export async function writeManifest(dir: string): Promise<void> {
  writeFileSync(join(dir, file), `${JSON.stringify(await manifestOf(dir), null, 1)}\n`);
}

/** What is wrong with a directory that was written down, or undefined if it is as it was. */
export async function damage(dir: string): Promise<string | undefined> {
  if (!existsSync(join(dir, file))) return "it has no manifest";
  return difference(JSON.parse(readFileSync(join(dir, file), "utf8")) as Manifest, await manifestOf(dir));
}

export function difference(expected: Manifest, found: Manifest): string | undefined {
  for (const [path, content] of Object.entries(expected)) {
    if (found[path] === undefined) return `${path} is missing`;
    if (found[path] !== content) return `${path} has another content`;
  }
  const extra = Object.keys(found).find((path) => expected[path] === undefined);
  return extra === undefined ? undefined : `${extra} does not belong to it`;
}

async function manifestOf(dir: string): Promise<Manifest> {
  const manifest: Record<string, string> = {};
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(dir.length + 1);
    if (entry.isSymbolicLink()) manifest[name] = `-> ${readlinkSync(path)}`;
    else if (entry.isFile() && name !== file) manifest[name] = await sha256Of(path);
  }
  return manifest;
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest("hex");
}
