import { defineRead, splitLines } from "../engine/read.ts";
import { sh } from "../shell/sh.ts";

export type PathType = "file" | "directory" | "symlink" | "other";

/** What is at a path itself: a symlink is not followed. */
export type PathState =
  | { readonly type: "absent" }
  | {
      readonly type: PathType;
      /** Four octal digits: `0644`. */
      readonly mode: string;
      /** Names; the number where there is no name. */
      readonly owner: string;
      readonly group: string;
    };

/**
 * Type, mode and owner of a path. One `stat` for all paths.
 *
 * @see stat(1), inode(7)
 */
export const path = defineRead<PathState>({
  name: "path",
  tidy: true,
  ask: (paths) => sh`stat -c '%f %U %u %G %g %n' -- ${paths} 2>/dev/null; :`,
  split: (output, keys) => splitLines(output, keys, (line) => line.split(" ").slice(5).join(" ")),
  parse: (record) => parsePathState(record.toString()),
});

/** One line of `stat -c '%f %U %u %G %g %n'`; nothing for a path that does not exist. */
export function parsePathState(line: string): PathState {
  const [hex, owner, uid, group, gid] = line.split(" ");
  if (!hex || !owner || !uid || !group || !gid) return { type: "absent" };
  const bits = Number.parseInt(hex, 16);
  return {
    type: typeOf(bits),
    mode: (bits & 0o7777).toString(8).padStart(4, "0"),
    owner: owner === "UNKNOWN" ? uid : owner,
    group: group === "UNKNOWN" ? gid : group,
  };
}

function typeOf(bits: number): PathType {
  const type = bits & 0o170000;
  if (type === 0o100000) return "file";
  if (type === 0o040000) return "directory";
  return type === 0o120000 ? "symlink" : "other";
}
