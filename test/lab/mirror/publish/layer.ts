import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { constants, zstdCompressSync } from "node:zlib";
import { LabError } from "../../command.ts";
import type { Descriptor, Layer } from "./image.ts";

/** A file: where it is now, a symbolic link, a text, or an empty directory. */
export type LayerFile =
  | string
  | { readonly link: string }
  | { readonly text: string }
  | { readonly empty: "directory" };

/** What a layer is made of: a directory as it is, or files by where they shall be. */
export type LayerContent = { readonly directory: string } | { readonly files: Readonly<Record<string, LayerFile>> };

/**
 * Packs a layer into a blob. The same content gives the same bytes, wherever and whenever: sorted, without owners,
 * times and the umask of who made it.
 */
export async function packLayer(content: LayerContent, blobs: string, work: string): Promise<Layer> {
  const dir = "directory" in content ? content.directory : join(work, "layer");
  if ("files" in content) gather(content.files, dir);
  const plain = await tarOf(dir);
  if ("files" in content) rmSync(dir, { recursive: true });
  // In one go: a stream's output depends on how its input happened to be cut.
  const packed = zstdCompressSync(plain, { params: { [constants.ZSTD_c_compressionLevel]: 3 } });
  const descriptor: Descriptor = {
    mediaType: "application/vnd.oci.image.layer.v1.tar+zstd",
    digest: digestOf(packed),
    size: packed.length,
  };
  writeFileSync(blobFile(blobs, descriptor.digest), packed);
  return { diffId: digestOf(plain), descriptor };
}

export function blobFile(blobs: string, digest: string): string {
  return join(blobs, ...digest.split(":"));
}

function gather(files: Readonly<Record<string, LayerFile>>, dir: string): void {
  mkdirSync(dir, { recursive: true });
  for (const [name, file] of Object.entries(files)) {
    const path = join(dir, name);
    mkdirSync(dirname(path), { recursive: true });
    if (typeof file === "string") linkSync(file, path);
    else if ("link" in file) symlinkSync(file.link, path);
    else if ("text" in file) writeFileSync(path, file.text);
    else mkdirSync(path, { recursive: true });
  }
}

async function tarOf(dir: string): Promise<Buffer> {
  const reproducible = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--format=gnu"];
  const tar = spawn("tar", [...reproducible, "--mode=a+rX,u+w,go-w", "-C", dir, "-c", "."], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C" },
  });
  const closed = once(tar, "close");
  const chunks: Buffer[] = [];
  tar.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  const [code] = await closed;
  if (code !== 0) throw new LabError(`tar of ${dir} ended with code ${code}`);
  return Buffer.concat(chunks);
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
