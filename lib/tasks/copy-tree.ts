import { posix } from "node:path";
import { blocked, type Change, type Plan, pending, predict } from "../engine/plan.ts";
import type { Read } from "../engine/read.ts";
import type { Answers } from "../engine/task.ts";
import type { ContentState } from "../reads/file-content.ts";
import { contentByDigest } from "../reads/file-content.ts";
import { mountsBelow } from "../reads/mounts-below.ts";
import { type PathState, path as pathState } from "../reads/path.ts";
import { treeListing } from "../reads/tree-listing.ts";
import { copyChanges, isSmall, type WantedCopy } from "./copy-file.ts";
import { fileObstacle } from "./install-file.ts";
import {
  ancestorObstacle,
  ancestorsOf,
  newDirectories,
  parentChanges,
  type WantedDirectory,
} from "./make-directory.ts";
import { mountObstacle, predictAbsence, removeTree } from "./remove-tree.ts";

/** A tree as it should be on the host: the directory itself first, parents before what is in them. */
export interface WantedTree {
  readonly path: string;
  readonly directories: readonly WantedDirectory[];
  readonly files: readonly WantedCopy[];
  /** Whether anything else below the directory is removed. */
  readonly prune: boolean;
}

/** Answers by what they are about: `path /etc/x`, `content /etc/x`. */
export type CopyReads = Readonly<
  Record<`path ${string}`, Read<PathState>> &
    Record<`content ${string}`, Read<ContentState>> &
    Record<`listing ${string}`, Read<readonly string[] | undefined>> &
    Record<`mounts ${string}`, Read<readonly string[]>>
>;

export type CopyAnswers = Answers<CopyReads>;

/** The reads that files to be copied need: their own and their directories' paths, and their content. */
export function copyReads(files: readonly WantedCopy[]): CopyReads {
  return { ...pathReads(files.flatMap(({ path }) => [path, posix.dirname(path)])), ...contentReads(files) };
}

/** The reads of a tree. What is there besides is only asked for where it would be removed. */
export function treeReads({ path, directories, files, prune }: WantedTree): CopyReads {
  return {
    ...copyReads(files),
    ...pathReads([...ancestorsOf(path), ...directories.map((each) => each.path)]),
    ...(prune && { [`listing ${path}`]: treeListing(path), [`mounts ${path}`]: mountsBelow(path) }),
  };
}

function pathReads(paths: readonly string[]): Readonly<Record<`path ${string}`, Read<PathState>>> {
  return Object.fromEntries(paths.map((path) => [`path ${path}`, pathState(path)]));
}

function contentReads(files: readonly WantedCopy[]): Readonly<Record<`content ${string}`, Read<ContentState>>> {
  return Object.fromEntries(
    files.map(({ path, source }) => [
      `content ${path}`,
      contentByDigest(path, source.digest, { text: isSmall(source) }),
    ]),
  );
}

/** The answer about a path that was asked for. */
export function pathAnswer(state: CopyAnswers, path: string): PathState {
  return state[`path ${path}`] ?? notAsked(path);
}

/** The answer about a content that was asked for. */
export function contentAnswer(state: CopyAnswers, path: string): ContentState {
  return state[`content ${path}`] ?? notAsked(path);
}

function notAsked(path: string): never {
  throw new Error(`${path} is planned and was not asked for`);
}

/** Directories first, then files, then what is too much. */
export function planTree(tree: WantedTree, state: CopyAnswers): Plan {
  const { path, directories, files } = tree;
  const stateOf = (each: string) => pathAnswer(state, each);
  const extra = tree.prune ? extraIn(tree, state[`listing ${path}`] ?? []) : [];
  const obstacle =
    ancestorObstacle(path, stateOf) ??
    directoryObstacle(directories, stateOf) ??
    fileObstacles(files, stateOf) ??
    mountedExtra(path, extra, () => state[`mounts ${path}`] ?? []);
  if (obstacle) return blocked(obstacle);
  const changes = [
    ...parentChanges(ancestorsOf(path).filter((each) => stateOf(each).type === "absent")),
    ...newDirectories(directories.filter((each) => stateOf(each.path).type === "absent")),
    ...files.flatMap((file) => {
      const own = copyChanges(file, stateOf(file.path), () => contentAnswer(state, file.path));
      return own.map((change) => ({ ...change, what: `${posix.relative(path, file.path)}: ${change.what}` }));
    }),
    ...removeExtra(path, extra),
  ];
  return pending(tree.prune ? withListing(tree, changes) : changes, describe(tree));
}

function describe({ files, prune }: WantedTree): string {
  return `${files.length} files as in the source${prune ? ", and nothing else" : ""}`;
}

function directoryObstacle(directories: readonly WantedDirectory[], stateOf: (path: string) => PathState) {
  const blocking = directories.find(({ path }) => ["file", "other"].includes(stateOf(path).type));
  return blocking && `${blocking.path} is not a directory; remove it first`;
}

/** A file's directory is there, or made before it. */
function fileObstacles(files: readonly WantedCopy[], stateOf: (path: string) => PathState): string | undefined {
  const parent: PathState = { type: "directory", mode: "0755", owner: "root", group: "root" };
  for (const { path } of files) {
    const obstacle = fileObstacle(path, { self: stateOf(path), parent });
    if (obstacle) return obstacle;
  }
  return undefined;
}

/** What is below the directory and not in the source, without what goes with a directory that is named itself. */
function extraIn({ path, directories, files }: WantedTree, listing: readonly string[]): readonly string[] {
  const wanted = new Set([...directories, ...files].map((each) => posix.relative(path, each.path)));
  const extra = new Set(listing.filter((each) => !wanted.has(each)));
  return [...extra].filter((each) => !extra.has(posix.dirname(each)));
}

function mountedExtra(path: string, extra: readonly string[], mounts: () => readonly string[]): string | undefined {
  if (extra.length === 0) return undefined;
  const mounted = mounts();
  for (const each of extra.map((name) => posix.join(path, name))) {
    const obstacle = mountObstacle(
      each,
      mounted.filter((mount) => mount === each || mount.startsWith(`${each}/`)),
    );
    if (obstacle) return obstacle;
  }
  return undefined;
}

/** Beyond this many names an argument list gets long. */
const NAMES = 200;

function removeExtra(path: string, extra: readonly string[]): readonly Change[] {
  if (extra.length === 0) return [];
  const paths = extra.map((each) => posix.join(path, each));
  const batches = Array.from({ length: Math.ceil(paths.length / NAMES) }, (_, at) =>
    paths.slice(at * NAMES, (at + 1) * NAMES),
  );
  const more = extra.length > 5 ? ` and ${extra.length - 5} more` : "";
  return [
    {
      what: "not in the source",
      from: `${extra.slice(0, 5).join(", ")}${more}`,
      to: "removed",
      commands: batches.map(removeTree),
      predicts: paths.flatMap(predictAbsence),
    },
  ];
}

/** After the last change a pruned tree has what the source has. */
function withListing({ path, directories, files }: WantedTree, changes: readonly Change[]): readonly Change[] {
  const names = [...directories.slice(1), ...files].map((each) => posix.relative(path, each.path)).sort();
  return changes.map((change, index) =>
    index < changes.length - 1
      ? change
      : { ...change, predicts: [...change.predicts, predict(treeListing(path), names)] },
  );
}
