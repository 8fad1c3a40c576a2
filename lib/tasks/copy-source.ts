import { createHash } from "node:crypto";
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { TaskError } from "../errors.ts";
import { sha256 } from "../reads/file-content.ts";

/** A file of the controller: known by size and digest, its bytes stay where they are until a host needs them. */
export interface SourceFile {
  /** Where it is on the controller. */
  readonly file: string;
  /** Its path in the tree; empty for a file on its own. */
  readonly relative: string;
  readonly size: number;
  readonly digest: string;
  /** Whether its owner may execute it. */
  readonly executable: boolean;
  /** Its bytes, read when they are asked for. @throws TaskError when they are no longer those of the digest */
  bytes(): Buffer;
}

/** What is to be copied: a file, or a tree with parents before what is in them. */
export type Source =
  | { readonly kind: "file"; readonly file: SourceFile }
  | { readonly kind: "tree"; readonly directories: readonly string[]; readonly files: readonly SourceFile[] };

/**
 * Looks at a file, or at all files below a directory. Symlinks to files are followed.
 *
 * @throws Error for what cannot be copied: missing, not readable, neither file nor directory, a symlink to a directory
 */
export function readSource(path: string): Source {
  if (!statSync(path).isDirectory()) return { kind: "file", file: sourceFile(path, "") };
  const directories: string[] = [];
  const files: SourceFile[] = [];
  const visit = (relative: string) => {
    const entries = readdirSync(join(path, relative), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const below = posix.join(relative, entry.name);
      if (entry.isDirectory()) {
        directories.push(below);
        visit(below);
      } else files.push(sourceFile(join(path, below), below));
    }
  };
  visit("");
  return { kind: "tree", directories, files };
}

function sourceFile(file: string, relative: string): SourceFile {
  const stat = statSync(file);
  if (stat.isDirectory()) throw new Error(`${file} is a symlink to a directory, which is not followed`);
  if (!stat.isFile()) throw new Error(`${file} is neither a file nor a directory`);
  const { size, digest } = digestOf(file);
  return { file, relative, size, digest, executable: (stat.mode & 0o100) !== 0, bytes: bytesOnDemand(file, digest) };
}

/** Piece by piece, so that a large file is compared without being held. */
function digestOf(file: string): { readonly size: number; readonly digest: string } {
  const hash = createHash("sha256");
  const piece = Buffer.alloc(1024 * 1024);
  const descriptor = openSync(file, "r");
  try {
    let size = 0;
    for (let read = readSync(descriptor, piece); read > 0; read = readSync(descriptor, piece)) {
      hash.update(piece.subarray(0, read));
      size += read;
    }
    return { size, digest: hash.digest("hex") };
  } finally {
    closeSync(descriptor);
  }
}

/** Kept as long as somebody uses them: a plan is made more than once, and many hosts may want the same file. */
function bytesOnDemand(file: string, digest: string): () => Buffer {
  let kept: WeakRef<Buffer> | undefined;
  return () => {
    const known = kept?.deref();
    if (known) return known;
    const bytes = readFileSync(file);
    if (sha256(bytes) !== digest) throw new TaskError(`${file} was changed while the playbook ran; run it again`);
    kept = new WeakRef(bytes);
    return bytes;
  };
}
