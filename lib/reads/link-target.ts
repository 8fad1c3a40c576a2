import { defineRead } from "../engine/read.ts";
import { joinSh, rawSh, sh } from "../shell/sh.ts";

/**
 * What a symlink says, not what it leads to; `undefined` where there is no symlink. A line break in it reads as \x01,
 * which no target that one can demand contains.
 *
 * One readlink for all links. Where it takes only one (busybox), or a target has a line break, one each.
 *
 * @see readlink(1), symlink(7)
 */
export const linkTarget = defineRead<string | undefined>({
  name: "link-target",
  ask: (paths) =>
    joinSh([
      rawSh(`hw_n='\n'; hw_link() {
  [ -L "$1" ] || { echo -; return; }
  if [ "$hw_c" = "$hw_m" ]; then hw_t=\${hw_all%%"$hw_n"*}; hw_all=\${hw_all#*"$hw_n"}
  else hw_t=$(readlink -- "$1" | tr '\\n' '\\001'); hw_t=\${hw_t%?}; fi
  printf '> %s\\n' "$hw_t"
}
set -f; set --`),
      ...paths.map((path) => sh`[ ! -L ${path} ] || set -- "$@" ${path}`),
      rawSh(`hw_m=$# hw_c=0 hw_all=; [ $# = 0 ] || hw_all=$(readlink -- "$@" 2>/dev/null)
IFS=$hw_n; for hw_t in $hw_all; do hw_c=$((hw_c + 1)); done; hw_all=$hw_all$hw_n`),
      ...paths.map((path) => sh`hw_link ${path}`),
    ]),
  split: (output, keys) => {
    const lines = output.toString("latin1").split("\n");
    return keys.map((_, index) => Buffer.from(`${lines[index] ?? ""}\n`, "latin1"));
  },
  parse: (record) => (record.toString("latin1", 0, 2) === "> " ? record.toString().slice(2, -1) : undefined),
});
