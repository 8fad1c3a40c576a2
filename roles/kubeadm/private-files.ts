import { type Content, joinSh, type Sh, sh } from "../../lib/shell/sh.ts";

/**
 * Commands with files that nobody else can read, in memory, gone when they end: `"$hw_d/NAME"`. For what a program
 * takes in no other way.
 */
export function inPrivate(files: Readonly<Record<string, Content>>, commands: Sh): Sh {
  const writes = Object.entries(files).map(([name, bytes]) => sh`${bytes} >"$hw_d"/${name} &&`);
  return sh`( umask 077; hw_d=$(mktemp -d /run/hostwright-XXXXXXXX) || exit 1
trap 'rm -rf "$hw_d"' EXIT; trap 'exit 143' TERM; trap 'exit 130' INT
${joinSh(writes)}
${commands}
)`;
}
