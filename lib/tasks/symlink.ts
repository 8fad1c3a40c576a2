import { posix } from "node:path";
import { z } from "zod";
import { blocked, type Change, type Plan, pending, predict } from "../engine/plan.ts";
import type { Read } from "../engine/read.ts";
import { defineTask } from "../engine/task.ts";
import { AbsolutePath } from "../params/files.ts";
import { isSystemDirectory } from "../params/removable.ts";
import { unknowableBelow, unknowableListings, unknowableThrough } from "../reads/about-path.ts";
import { linkTarget } from "../reads/link-target.ts";
import { mountsBelow } from "../reads/mounts-below.ts";
import { type PathState, path as pathState } from "../reads/path.ts";
import { command, type Sh, sh } from "../shell/sh.ts";
import { mountObstacle, predictAbsence, removeTree } from "./remove-tree.ts";

const Present = z.strictObject({
  path: AbsolutePath,
  /** What the symlink says, as it is: absolute, or relative to its own directory. It need not exist. */
  target: z.string().regex(/^[^\x00-\x1f\x7f]+$/, "has to be a path, absolute or relative, without control characters"),
  /** Replaces a file, or a directory with all that is in it, where one is in its place. */
  force: z.boolean().default(false),
  absent: z.literal(false).optional(),
});

const Absent = z.strictObject({ path: AbsolutePath, absent: z.literal(true) });

/** The mounts are only asked for where a directory may be removed. */
type SymlinkReads = {
  readonly self: Read<PathState>;
  readonly parent: Read<PathState>;
  readonly target: Read<string | undefined>;
} & Readonly<Record<`mounts ${string}`, Read<readonly string[]>>>;

/**
 * A symlink with this target; or no symlink.
 *
 * Another symlink in its place is replaced at once: at any moment there is either the old one or the new one. A file or
 * directory in its place blocks it, unless `force` is given. A file is then replaced at once as well; a directory is
 * removed first, and neither one of the system itself nor one with a mount point in it.
 *
 * @example
 * symlink({ path: "/opt/tool/current", target: "releases/1.4.2" });
 * symlink({ path: "/etc/nginx/sites-enabled/default", absent: true });
 * @throws UsageError for parameters that are not valid
 * @see ln(1), symlink(7)
 */
export const symlink = defineTask({
  name: "symlink",
  params: z.discriminatedUnion("absent", [Present, Absent]),
  subject: ({ path }) => path,
  reads: (params): SymlinkReads => ({
    self: pathState(params.path),
    parent: pathState(posix.dirname(params.path)),
    target: linkTarget(params.path),
    ...(!params.absent && params.force && { [`mounts ${params.path}`]: mountsBelow(params.path) }),
  }),
  plan(params, state) {
    const { path } = params;
    const { self } = state;
    if (params.absent) return planAbsent(path, self);
    const { target, force } = params;
    if (self.type === "symlink" && state.target === target) return pending([], `leads to ${target}`);
    const obstacle =
      obstacleOf(path, force, self, state.parent) ?? directoryObstacle(path, self, () => state[`mounts ${path}`] ?? []);
    if (obstacle) return blocked(obstacle);
    return pending([link(path, target, self, self.type === "symlink" ? state.target : undefined)]);
  },
});

function planAbsent(path: string, self: PathState): Plan {
  if (self.type === "absent") return pending([], "absent");
  if (self.type !== "symlink") {
    return blocked(`${path} is a ${self.type}, not a symlink; the tasks file and directory remove such`);
  }
  const commands = [command(["rm", "-f", "--", path])];
  return pending([{ what: "symlink", from: "present", to: "absent", commands, predicts: predictAbsence(path) }]);
}

function obstacleOf(path: string, force: boolean, self: PathState, parent: PathState): string | undefined {
  if (self.type === "other") return `${path} is neither a file, a directory nor a symlink`;
  if (self.type === "file" || self.type === "directory") {
    if (force) return undefined;
    const all = self.type === "directory" ? " with all that is in it" : "";
    return `${path} is a ${self.type}; force: true replaces it${all}`;
  }
  if (self.type === "symlink" || parent.type === "directory" || parent.type === "symlink") return undefined;
  return `directory ${posix.dirname(path)} does not exist`;
}

function directoryObstacle(path: string, self: PathState, mounts: () => readonly string[]): string | undefined {
  if (self.type !== "directory") return undefined;
  if (isSystemDirectory(path)) return `${path} is a directory of the system itself, which is never removed`;
  return mountObstacle(path, mounts());
}

function link(path: string, target: string, self: PathState, before: string | undefined): Change {
  return {
    what: self.type === "absent" ? "symlink" : "target",
    from: before ?? self.type,
    to: target,
    commands: [replaceBySymlink(path, target, self)],
    predicts: [
      unknowableBelow(path),
      unknowableThrough(path),
      unknowableListings(path),
      predict(pathState(path), { type: "symlink", mode: "0777", owner: "root", group: "root" }),
      predict(linkTarget(path), target),
    ],
  };
}

/** Made beside and renamed into place. `-T`: a symlink to a directory is replaced, not entered. */
function replaceBySymlink(path: string, target: string, self: PathState): Sh {
  const temporary = posix.join(posix.dirname(path), `.${posix.basename(path)}.hostwright`);
  const clear = self.type === "directory" ? sh` && ${removeTree([path])}` : sh``;
  return sh`rm -f -- ${temporary}; ln -s -- ${target} ${temporary} && chown -h root:root -- ${temporary}${clear} && mv -fT -- ${temporary} ${path} || { hw_r=$?; rm -f -- ${temporary}; (exit $hw_r); }`;
}
