import { type Prediction, unknowableWhere } from "../engine/plan.ts";
import type { Read } from "../engine/read.ts";

/** Kinds of reads whose key is the path that they look at. */
const KEYED_BY_PATH = new Set(["path", "file-digest", "link-target", "text-file", "tree-listing", "mounts-below"]);

/** Kinds that look through a symlink at the path itself. */
const FOLLOWING = new Set(["file-content", "file-digest", "text-file", "tree-listing"]);

/** The path that a read looks at; `undefined` where it is about something else. */
export function pathOfRead({ kind, key }: Read<unknown>): string | undefined {
  if (kind.name === "file-content") return key.slice(67);
  return KEYED_BY_PATH.has(kind.name) ? key : undefined;
}

/** What is below a path will be something else: it is removed, or a symlink will lead to another place. */
export function unknowableBelow(path: string): Prediction {
  return unknowableWhere((read) => pathOfRead(read)?.startsWith(`${path}/`) ?? false);
}

/** A symlink at the path will lead somewhere: what one reads through it is not known. */
export function unknowableThrough(path: string): Prediction {
  return unknowableWhere((read) => FOLLOWING.has(read.kind.name) && pathOfRead(read) === path);
}

/** Something appears or goes at a path: listings of the directories above it will be others. */
export function unknowableListings(path: string): Prediction {
  return unknowableWhere((read) => read.kind.name === "tree-listing" && path.startsWith(`${read.key}/`));
}
