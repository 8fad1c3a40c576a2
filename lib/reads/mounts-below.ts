import { defineRead } from "../engine/read.ts";
import { joinSh, rawSh, sh } from "../shell/sh.ts";

/**
 * The mount points at a path or below it. Whoever removes a directory asks first: what is mounted there is somebody
 * else's, and its data would go as well.
 *
 * The table is read once, by cat: a shell's own read takes it byte by byte, and a node of a cluster has a thousand lines.
 *
 * @see proc_pid_mounts(5): spaces, tabs, line breaks and backslashes are octal escapes
 */
export const mountsBelow = defineRead<readonly string[]>({
  name: "mounts-below",
  outlastsPackages: true,
  ask: (paths) =>
    joinSh([
      rawSh(`hw_mounts() {
  for hw_l in $hw_all; do
    hw_l=\${hw_l#* }; hw_l=\${hw_l%% *}
    case $hw_l in "$1" | "$1"/*) printf '%s\\n' "$hw_l" ;; esac
  done
  echo .
}
set -f; hw_all=$(cat /proc/self/mounts); IFS='\n'`),
      ...paths.map((path) => sh`hw_mounts ${path.replaceAll(" ", "\\040")}`),
    ]),
  split: (output, keys) => {
    const records = output.toString("latin1").split(/(?<=^\.\n)/m);
    return keys.map((_, index) => Buffer.from(records[index] ?? "", "latin1"));
  },
  parse: (record) => [...new Set(record.toString().split("\n").slice(0, -2).map(unescapeMount))],
});

function unescapeMount(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
