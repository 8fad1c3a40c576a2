import { type Change, predict, unknowableBy } from "../engine/plan.ts";
import { unknowableBelow, unknowableListings, unknowableThrough } from "../reads/about-path.ts";
import { fileDigest } from "../reads/file-content.ts";
import { linkTarget } from "../reads/link-target.ts";
import { path as pathState } from "../reads/path.ts";
import { textFile } from "../reads/text-file.ts";
import { treeListing } from "../reads/tree-listing.ts";
import { command, type Sh } from "../shell/sh.ts";

/** Removes whatever is at these paths, with all that is in it. */
export function removeTree(paths: readonly string[]): Sh {
  return command(["rm", "-rf", "--", ...paths]);
}

/** What reads answer once nothing is left at a path. */
export function predictAbsence(path: string): Change["predicts"] {
  return [
    unknowableBelow(path),
    unknowableThrough(path),
    unknowableListings(path),
    unknowableBy(path),
    predict(pathState(path), { type: "absent" }),
    predict(fileDigest(path), undefined),
    predict(linkTarget(path), undefined),
    predict(textFile(path), { kind: "absent" }),
    predict(treeListing(path), undefined),
  ];
}

/** What keeps a directory from being removed: something that is mounted there would lose its data. */
export function mountObstacle(path: string, mounts: readonly string[]): string | undefined {
  const [first] = mounts;
  if (first === undefined) return undefined;
  const where = first === path ? "it is a mount point" : `${first} below it is a mount point`;
  const more = mounts.length > 1 ? ` (and ${mounts.length - 1} more)` : "";
  return `${path} is not removed, since ${where}${more}: what is mounted would be emptied; unmount it first`;
}
