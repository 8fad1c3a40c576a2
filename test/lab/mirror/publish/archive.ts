import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../command.ts";
import type { Descriptor, Image } from "./image.ts";
import { blobFile } from "./layer.ts";

/**
 * Writes images as one OCI archive, for hosts that load what they cannot pull: `ctr -n k8s.io images import FILE`.
 *
 * @see https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
export async function writeArchive(
  file: string,
  images: readonly { readonly image: Image; readonly manifest: Descriptor }[],
  blobs: string,
  work: string,
): Promise<void> {
  const dir = join(work, "archive");
  mkdirSync(join(dir, "blobs/sha256"), { recursive: true });
  const parts = images.flatMap(({ manifest }) => [manifest, ...partsOf(manifest, blobs)]);
  for (const digest of new Set(parts.map((part) => part.digest)))
    linkSync(blobFile(blobs, digest), blobFile(join(dir, "blobs"), digest));
  writeFileSync(join(dir, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  writeFileSync(join(dir, "index.json"), JSON.stringify(archiveIndex(images)));
  const reproducible = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--format=gnu"];
  await run("tar", [
    ...reproducible,
    "--mode=a+rX,u+w,go-w",
    "-C",
    dir,
    "-cf",
    file,
    "oci-layout",
    "index.json",
    "blobs",
  ]);
  rmSync(dir, { recursive: true });
}

/** The index: containerd names an image by the first annotation, other tools by the second. */
export function archiveIndex(images: readonly { readonly image: Image; readonly manifest: Descriptor }[]): object {
  const manifests = images.flatMap(({ image, manifest }) =>
    image.names.map((name) => ({
      ...manifest,
      annotations: {
        "io.containerd.image.name": name,
        "org.opencontainers.image.ref.name": name.slice(name.lastIndexOf(":") + 1),
      },
    })),
  );
  return { schemaVersion: 2, manifests };
}

function partsOf(manifest: Descriptor, blobs: string): Descriptor[] {
  const { config, layers } = JSON.parse(readFileSync(blobFile(blobs, manifest.digest), "utf8")) as {
    config: Descriptor;
    layers: Descriptor[];
  };
  return [config, ...layers];
}
