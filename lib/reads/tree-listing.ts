import { defineRead } from "../engine/read.ts";
import { joinSh, rawSh, sh } from "../shell/sh.ts";

/**
 * Everything below a directory, as paths relative to it, sorted; `undefined` where there is no directory. Symlinks are
 * listed and not followed, except one at the path itself.
 *
 * @see find(1)
 */
export const treeListing = defineRead<readonly string[] | undefined>({
  name: "tree-listing",
  ask: (paths) =>
    joinSh([
      rawSh(`hw_tree() {
  [ -d "$1" ] || { echo -; return; }
  printf '= %s\\n' "$(find "$1/" -mindepth 1 -print0 2>/dev/null | base64 | tr -d '\\n')"
}`),
      ...paths.map((path) => sh`hw_tree ${path}`),
    ]),
  split: (output, keys) => {
    const lines = output.toString("latin1").split("\n");
    return keys.map((_, index) => Buffer.from(`${lines[index] ?? ""}\n`, "latin1"));
  },
  parse: (record, key) => {
    const [word, encoded = ""] = record.toString("latin1").trimEnd().split(" ");
    if (word !== "=") return undefined;
    const names = Buffer.from(encoded, "base64").toString().split("\0").slice(0, -1);
    return names.map((name) => name.slice(key.length + 1)).sort();
  },
});
