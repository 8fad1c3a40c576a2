import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { blobFile } from "./layer.ts";

/** A piece of content by its digest, as the OCI image specification describes it. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

export interface Layer {
  /** Digest of the layer unpacked. */
  readonly diffId: string;
  readonly descriptor: Descriptor;
}

/** An image under its full names, `registry/repository:tag`. */
export interface Image {
  readonly names: readonly string[];
  readonly layers: readonly Layer[];
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly user?: string;
}

const manifestType = "application/vnd.oci.image.manifest.v1+json";

/**
 * Writes an image's configuration and manifest as blobs and gives back the manifest's descriptor.
 *
 * @see https://github.com/opencontainers/image-spec/blob/main/manifest.md
 */
export function writeImage(image: Image, blobs: string): Descriptor {
  const config = writeBlob("application/vnd.oci.image.config.v1+json", imageConfig(image), blobs);
  const manifest = {
    schemaVersion: 2,
    mediaType: manifestType,
    config,
    layers: image.layers.map(({ descriptor }) => descriptor),
  };
  return writeBlob(manifestType, manifest, blobs);
}

/** The configuration: without the time it was made, so that the same layers are the same image. */
export function imageConfig({ layers, entrypoint, command, user }: Image, arch: string = process.arch): object {
  return {
    architecture: arch === "arm64" ? "arm64" : "amd64",
    os: "linux",
    config: {
      Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
      WorkingDir: "/",
      ...(entrypoint && { Entrypoint: entrypoint }),
      ...(command && { Cmd: command }),
      ...(user && { User: user }),
    },
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
  };
}

function writeBlob(mediaType: string, content: object, blobs: string): Descriptor {
  const bytes = Buffer.from(JSON.stringify(content));
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  writeFileSync(blobFile(blobs, digest), bytes);
  return { mediaType, digest, size: bytes.length };
}
