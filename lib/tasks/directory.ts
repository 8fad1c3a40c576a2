import { z } from "zod";
import { blocked, type Plan, pending } from "../engine/plan.ts";
import type { Read } from "../engine/read.ts";
import { defineTask } from "../engine/task.ts";
import { AbsolutePath, AccountName, FileMode } from "../params/files.ts";
import { RemovablePath } from "../params/removable.ts";
import { mountsBelow } from "../reads/mounts-below.ts";
import { type PathState, path as pathState } from "../reads/path.ts";
import { ancestorObstacle, ancestorsOf, directoryAttributes, newDirectory, parentChanges } from "./make-directory.ts";
import { mountObstacle, predictAbsence, removeTree } from "./remove-tree.ts";

const Present = z.strictObject({
  path: AbsolutePath,
  mode: FileMode.default("0755"),
  owner: AccountName.default("root"),
  group: AccountName.default("root"),
  absent: z.literal(false).optional(),
});

const Absent = z.strictObject({
  /** Directories of the system itself are refused: `/`, `/etc`, `/var/lib`, … */
  path: RemovablePath,
  absent: z.literal(true),
});

/** The mounts are only asked for where something may be removed. */
type DirectoryReads = { readonly self: Read<PathState> } & Readonly<
  Record<`ancestor ${string}`, Read<PathState>> & Record<`mounts ${string}`, Read<readonly string[]>>
>;

/**
 * A directory with this mode and owner; or none, with all that was in it.
 *
 * Parents that are missing are made as well, as root's with 0755; those that are there stay as they are. The set-ID
 * bits of a directory are part of its mode and are cleared where the mode does not have them. A file or symlink in its
 * place blocks it. Nothing is removed while something is mounted there or below.
 *
 * @example
 * directory({ path: "/etc/haproxy/certs", mode: "0750", group: "haproxy" });
 * directory({ path: "/var/lib/old-service", absent: true });
 * @throws UsageError for parameters that are not valid
 * @see mkdir(1), hier(7)
 */
export const directory = defineTask({
  name: "directory",
  params: z.discriminatedUnion("absent", [Present, Absent]),
  subject: ({ path }) => path,
  reads: (params): DirectoryReads => ({
    self: pathState(params.path),
    ...(params.absent
      ? { [`mounts ${params.path}`]: mountsBelow(params.path) }
      : Object.fromEntries(ancestorsOf(params.path).map((each) => [`ancestor ${each}`, pathState(each)]))),
  }),
  plan(params, state) {
    const { path } = params;
    const { self } = state;
    if (params.absent) return planAbsent(path, self, () => state[`mounts ${path}`] ?? []);
    if (self.type !== "absent" && self.type !== "directory") return blocked(inItsPlace(path, self.type));
    if (self.type === "directory") return pending(directoryAttributes(params, self), describeAttributes(params));
    const stateOf = (ancestor: string) => state[`ancestor ${ancestor}`];
    const obstacle = ancestorObstacle(path, stateOf);
    if (obstacle) return blocked(obstacle);
    const missing = ancestorsOf(path).filter((each) => stateOf(each)?.type === "absent");
    return pending([...parentChanges(missing), newDirectory(params)]);
  },
});

function describeAttributes({ mode, owner, group }: z.output<typeof Present>): string {
  return `${mode} ${owner}:${group}`;
}

function inItsPlace(path: string, type: string): string {
  if (type === "symlink") return `${path} is a symlink; name the directory that it leads to, or remove it first`;
  const what = type === "file" ? "a file" : "neither a directory nor a file";
  return `${path} is ${what}; remove it first if it should be a directory`;
}

function planAbsent(path: string, self: PathState, mounts: () => readonly string[]): Plan {
  if (self.type === "absent") return pending([], "absent");
  if (self.type !== "directory") {
    return blocked(`${path} is a ${self.type}, not a directory; the tasks file and symlink remove such`);
  }
  const obstacle = mountObstacle(path, mounts());
  if (obstacle) return blocked(obstacle);
  return pending([
    {
      what: "directory",
      from: "present",
      to: "absent, with all that is in it",
      commands: [removeTree([path])],
      predicts: predictAbsence(path),
    },
  ]);
}
