import { type Change, predict, unknowableBy } from "../engine/plan.ts";
import { unknowableListings } from "../reads/about-path.ts";
import { type ContentState, contentByDigest, fileDigest, TEXT_LIMIT } from "../reads/file-content.ts";
import { type PathState, path as pathState } from "../reads/path.ts";
import { textFile } from "../reads/text-file.ts";
import type { SourceFile } from "./copy-source.ts";
import { attributeChanges, fileChanges, replaceFile, type WantedFile } from "./install-file.ts";

/** A file of the controller as it should be on the host. */
export interface WantedCopy extends Omit<WantedFile, "bytes" | "secret"> {
  readonly source: SourceFile;
}

/** The changes that make a file a copy of its source; only then the source's bytes are read. */
export function copyChanges(wanted: WantedCopy, self: PathState, content: () => ContentState): readonly Change[] {
  const { source } = wanted;
  const found: ContentState = self.type === "absent" ? { kind: "absent" } : content();
  if (self.type === "file" && found.kind === "same") return attributeChanges(wanted, self);
  return isSmall(source) ? smallFile(wanted, self, found) : [largeFile(wanted, self)];
}

/** Whether its text is shown in a diff. */
export function isSmall({ size }: SourceFile): boolean {
  return size <= TEXT_LIMIT;
}

function smallFile({ source, ...wanted }: WantedCopy, self: PathState, content: ContentState): readonly Change[] {
  return fileChanges({ ...wanted, bytes: source.bytes(), secret: false }, { self, parent: HERE, content });
}

/** Its directory is there, or made before it. */
const HERE: PathState = { type: "directory", mode: "0755", owner: "root", group: "root" };

function largeFile({ source, ...wanted }: WantedCopy, self: PathState): Change {
  const { path, mode, owner, group } = wanted;
  return {
    what: self.type === "absent" ? "file" : "content",
    from: self.type === "file" ? "other content" : self.type,
    to: `${source.size} bytes, ${mode} ${owner}:${group}`,
    diff: { path, before: undefined, after: undefined, masked: "too large" },
    commands: [replaceFile({ ...wanted, bytes: source.bytes(), secret: false })],
    predicts: [
      ...(self.type === "absent" ? [unknowableListings(path)] : []),
      unknowableBy(path),
      predict(pathState(path), { type: "file", mode, owner, group }),
      predict(contentByDigest(path, source.digest, { text: false }), { kind: "same" }),
      predict(fileDigest(path), source.digest),
      predict(textFile(path), { kind: "not text" }),
    ],
  };
}
