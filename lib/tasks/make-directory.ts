import { posix } from "node:path";
import { type Change, predict } from "../engine/plan.ts";
import { unknowableListings } from "../reads/about-path.ts";
import { type PathState, path as pathState } from "../reads/path.ts";
import { command, type Sh, sh } from "../shell/sh.ts";

export interface WantedDirectory {
  readonly path: string;
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
}

/** The directories above a path, the nearest last, without the root. */
export function ancestorsOf(path: string): readonly string[] {
  const parent = posix.dirname(path);
  return parent === "/" ? [] : [...ancestorsOf(parent), parent];
}

/** Something above that is there and no directory, in words. A symlink is taken for one that leads to a directory. */
export function ancestorObstacle(
  path: string,
  stateOf: (ancestor: string) => PathState | undefined,
): string | undefined {
  const blocking = ancestorsOf(path).find((each) => ["file", "other"].includes(stateOf(each)?.type ?? ""));
  return blocking && `${blocking}, above ${path}, is not a directory`;
}

/** Directories that are missing above: root's, 0755. */
export function parentChanges(missing: readonly string[]): readonly Change[] {
  const [first] = missing;
  if (first === undefined) return [];
  const wanted = missing.map((path) => ({ path, ...PARENT }));
  return [
    {
      what: missing.length === 1 ? "parent directory" : "parent directories",
      from: "absent",
      to: `${missing.join(", ")}, ${PARENT.mode} root:root`,
      commands: [makeDirectories(wanted)],
      predicts: [unknowableListings(first), ...wanted.map(predicted)],
    },
  ];
}

const PARENT = { mode: "0755", owner: "root", group: "root" };

/** A directory that is not there yet. */
export function newDirectory(wanted: WantedDirectory): Change {
  const { path, mode, owner, group } = wanted;
  return {
    what: "directory",
    from: "absent",
    to: `${mode} ${owner}:${group}`,
    commands: [makeDirectories([wanted])],
    predicts: [unknowableListings(path), predicted(wanted)],
  };
}

/** Directories of a tree that are not there yet, of one mode and owner, parents first. */
export function newDirectories(wanted: readonly WantedDirectory[]): readonly Change[] {
  const [first] = wanted;
  if (first === undefined) return [];
  if (wanted.length === 1) return [newDirectory(first)];
  return [
    {
      what: `${wanted.length} directories`,
      from: "absent",
      to: `${first.mode} ${first.owner}:${first.group}`,
      commands: [makeDirectories(wanted)],
      predicts: [...wanted.map(({ path }) => unknowableListings(path)), ...wanted.map(predicted)],
    },
  ];
}

function predicted({ path, mode, owner, group }: WantedDirectory) {
  return predict(pathState(path), { type: "directory", mode, owner, group });
}

/**
 * Makes directories of one mode and owner. Nobody else's until they have both; both are set explicitly, since below a
 * directory with the set-group-ID bit a new one gets its group and that bit.
 */
export function makeDirectories(wanted: readonly WantedDirectory[]): Sh {
  const paths = wanted.map(({ path }) => path);
  const [{ mode, owner, group } = PARENT] = wanted;
  return sh`(umask 077; mkdir -p -- ${paths}) && chown -- ${`${owner}:${group}`} ${paths} && chmod -- ${exactMode(mode)} ${paths}`;
}

/** Mode and owner of a directory that is there. */
export function directoryAttributes(
  wanted: WantedDirectory,
  self: Extract<PathState, { readonly mode: string }>,
): readonly Change[] {
  const { path, mode, owner, group } = wanted;
  const setMode = command(["chmod", "--", exactMode(mode), path]);
  const changes: Change[] = [];
  if (self.owner !== owner || self.group !== group) {
    changes.push({
      what: "owner",
      from: `${self.owner}:${self.group}`,
      to: `${owner}:${group}`,
      commands: [command(["chown", "--", `${owner}:${group}`, path]), setMode],
      predicts: [predicted(wanted)],
    });
  }
  if (self.mode !== mode) {
    changes.push({ what: "mode", from: self.mode, to: mode, commands: [setMode], predicts: [predicted(wanted)] });
  }
  return changes;
}

/**
 * With four digits chmod keeps the set-ID bits of a directory; a fifth makes it mean what it says.
 *
 * @see coreutils manual, "Directories and the Set-User-ID and Set-Group-ID Bits"
 */
function exactMode(mode: string): string {
  return `0${mode}`;
}
