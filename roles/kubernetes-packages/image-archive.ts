import { closeSync, openSync, readSync } from "node:fs";

/** An image in an archive: its full name, and the digest under which containerd will know it, where that is told. */
export interface ArchivedImage {
  readonly name: string;
  readonly digest: string | undefined;
}

/** Sizes of tar: everything comes in blocks. */
const BLOCK = 512;

/** Both tables of contents are small; what is larger is none. */
const LARGEST_INDEX = 4 * 1024 * 1024;

/**
 * The images of an archive on the controller: an OCI layout (index.json, with digests), or one that `docker save` made
 * (manifest.json). Only the headers of the archive and its table of contents are read.
 *
 * @throws Error for a file that is no uncompressed tar archive, or has no image with a full name in it
 * @see OCI image layout specification; POSIX.1, pax, ustar interchange format
 */
export function imagesIn(file: string): readonly ArchivedImage[] {
  const contents = readMembers(file, new Set(["index.json", "manifest.json"]));
  const images = imagesOf(contents.get("index.json"), contents.get("manifest.json"));
  if (images.length === 0) throw new Error(`${file} names no image: neither in an index.json nor in a manifest.json`);
  return images;
}

/** The images that one of the two tables names; the OCI one goes first, since it has digests. */
export function imagesOf(index: string | undefined, manifest: string | undefined): readonly ArchivedImage[] {
  const listed = index === undefined ? [] : ((JSON.parse(index) as OciIndex).manifests ?? []);
  const images = listed.flatMap(({ digest, annotations = {} }) => {
    const given = annotations["io.containerd.image.name"] ?? annotations["org.opencontainers.image.ref.name"];
    return given?.includes("/") ? [{ name: given, digest }] : [];
  });
  if (images.length > 0 || manifest === undefined) return images;
  const saved = JSON.parse(manifest) as readonly { readonly RepoTags?: readonly string[] | null }[];
  return saved.flatMap(({ RepoTags }) => (RepoTags ?? []).map((tag) => ({ name: fullName(tag), digest: undefined })));
}

interface OciIndex {
  readonly manifests?: readonly {
    readonly digest: string;
    readonly annotations?: Readonly<Record<string, string>>;
  }[];
}

/** `busybox:stable` is short for docker.io/library/busybox:stable; a registry's name has a dot or a port. */
export function fullName(tag: string): string {
  const [first = "", ...rest] = tag.split("/");
  if (rest.length === 0) return `docker.io/library/${tag}`;
  return /[.:]/.test(first) || first === "localhost" ? tag : `docker.io/${tag}`;
}

function readMembers(file: string, wanted: ReadonlySet<string>): ReadonlyMap<string, string> {
  const descriptor = openSync(file, "r");
  const found = new Map<string, string>();
  try {
    const header = Buffer.alloc(BLOCK);
    for (let at = 0; found.size < wanted.size && readSync(descriptor, header, 0, BLOCK, at) === BLOCK; ) {
      if (header.every((byte) => byte === 0)) break;
      if (header.toString("latin1", 257, 262) !== "ustar") throw new Error(`${file} is no uncompressed tar archive`);
      const name = header.toString("utf8", 0, 100).replace(/\0.*$/s, "").replace(/^\.\//, "");
      const size = sizeIn(header);
      if (wanted.has(name) && size <= LARGEST_INDEX) {
        const body = Buffer.alloc(size);
        readSync(descriptor, body, 0, size, at + BLOCK);
        found.set(name, body.toString("utf8"));
      }
      at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    }
    return found;
  } finally {
    closeSync(descriptor);
  }
}

/** Octal digits; GNU tar writes what does not fit as a number, its first bit set. */
function sizeIn(header: Buffer): number {
  if (((header[124] ?? 0) & 0x80) !== 0) return Number(header.readBigUInt64BE(128));
  return Number.parseInt(header.toString("latin1", 124, 136).replace(/[\0 ].*$/s, ""), 8) || 0;
}
