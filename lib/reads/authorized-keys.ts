import { defineRead, type Read } from "../engine/read.ts";
import { type Sh, sh } from "../shell/sh.ts";
import { linesOf, splitRecords } from "./records.ts";

/** A line of authorized_keys. */
export interface AuthorizedKey {
  readonly options: string;
  readonly type: string;
  readonly blob: string;
  readonly comment: string;
}

/** Records of lines: those with a wanted word, or for the word `*` all that are neither empty nor comments. */
const program = `
BEGIN {
  n = split(ENVIRON["hw_files"], files, "\\n")
  for (i = 1; i <= n; i++) { at = index(files[i], " "); path[substr(files[i], 1, at - 1)] = substr(files[i], at + 1) }
  for (a = 1; a < ARGC; a++) {
    print "="
    split(ARGV[a], key, " ")
    if (!(key[1] in path)) continue
    while ((getline line < path[key[1]]) > 0) {
      sub(/[ \\t\\r]+$/, "", line)
      if (line ~ /^[ \\t]*(#|$)/) continue
      m = split(line, word, /[ \\t]+/); found = key[2] == "*"
      for (i = 1; i <= m; i++) if (word[i] == key[2]) found = 1
      if (found) print line
    }
    close(path[key[1]])
  }
}`;

/** The files that there are, behind the names of their users. What is not a regular file is not opened. */
function ask(keys: readonly string[]): Sh {
  const users = [...new Set(keys.map((key) => key.split(" ")[0] ?? ""))];
  return sh`hw_files=$(getent passwd ${users} 2>/dev/null | while IFS=: read -r hw_n hw_p hw_u hw_g hw_c hw_h hw_s; do
  [ ! -f "$hw_h/.ssh/authorized_keys" ] || printf '%s %s\\n' "$hw_n" "$hw_h/.ssh/authorized_keys"
done) awk ${program} ${keys} 2>/dev/null`;
}

const lines = defineRead<readonly string[]>({
  name: "authorized-key",
  outlastsPackages: true,
  hangsOn: (_key, path) => path.endsWith("/.ssh/authorized_keys"),
  ask,
  split: splitRecords,
  parse: linesOf,
});

/**
 * The lines of a user's ~/.ssh/authorized_keys that hold this key, by its base64; none where there is no such user.
 *
 * @see sshd(8), AUTHORIZED_KEYS FILE FORMAT
 */
export function authorizedKey(user: string, blob: string): Read<readonly string[]> {
  return lines(`${user} ${blob}`);
}

/** All lines of a user's ~/.ssh/authorized_keys that are not comments. */
export function authorizedKeys(user: string): Read<readonly string[]> {
  return lines(`${user} *`);
}

/** A line as options, type, key and comment. Options may have blanks within quotes. `undefined`: it is none of a key. */
export function parseAuthorizedKey(line: string): AuthorizedKey | undefined {
  const key = /^(?<type>[a-z0-9@.-]+)[ \t]+(?<blob>AAAA[A-Za-z0-9+/]+=*)(?:[ \t]+(?<comment>.*))?$/;
  const text = line.trim();
  const plain = key.exec(text)?.groups;
  const options = plain ? "" : (/^(?:"(?:[^"\\]|\\.)*"|[^ \t"])+/.exec(text)?.[0] ?? "");
  const found = plain ?? key.exec(text.slice(options.length).trim())?.groups;
  if (!found?.type || !found.blob) return undefined;
  return { options, type: found.type, blob: found.blob, comment: found.comment ?? "" };
}

/** Something in a user's home that sshd would not trust, or that keys should not be put into. */
export interface Fault {
  /** `0755 root`, `symlink`: what it is. */
  readonly found: string;
  /** Whether owner and mode are all that is wrong. */
  readonly curable: boolean;
}

/** A user's home, as far as logging in by key is concerned. What does not exist is not at fault. */
export interface UserHome {
  readonly exists: boolean;
  readonly directory?: Fault;
  readonly keys?: Fault;
}

/** Lines `user NAME UID HOME`, then lines of stat; each user's own are put behind its line. */
const sorting = `
$1 == "user" { users[++n] = $0; next }
{ path = $0; sub(/^[^ ]+ [^ ]+ [^ ]+ /, "", path); about[path] = $0 "\\n" }
END {
  for (u = 1; u <= n; u++) {
    home = users[u]; sub(/^[^ ]+ [^ ]+ [^ ]+ /, "", home)
    printf "%s\\n%s%s%s", users[u], about[home], about[home "/.ssh"], about[home "/.ssh/authorized_keys"]
  }
}`;

/**
 * Whether a user's home exists, and what is wrong with ~/.ssh (0700, the user's own) and the authorized_keys in it
 * (0600). One `stat` for all users.
 */
export const userHome = defineRead<UserHome>({
  name: "user-home",
  outlastsPackages: true,
  ask: (users) => sh`getent passwd ${users} 2>/dev/null | { set --
while IFS=: read -r hw_n hw_p hw_u hw_g hw_c hw_h hw_s; do
  printf 'user %s %s %s\\n' "$hw_n" "$hw_u" "$hw_h"
  set -- "$@" "$hw_h" "$hw_h/.ssh" "$hw_h/.ssh/authorized_keys"
done
[ $# = 0 ] || stat -c '%f %u %U %n' -- "$@" 2>/dev/null; } | awk ${sorting}`,
  split: (output, keys) => {
    const records = output.toString("latin1").split(/(?<=\n)(?=user )/);
    return keys.map((key) => {
      const own = records.find((record) => record.startsWith(`user ${key} `));
      return Buffer.from(own ?? "", "latin1");
    });
  },
  parse: (record) => parseUserHome(record.toString()),
});

/** A line `user NAME UID HOME`, then of home, ~/.ssh and authorized_keys, as far as they exist, `%f %u %U %n` of stat. */
export function parseUserHome(record: string): UserHome {
  const [own = "", ...found] = linesOf(record);
  const uid = own.split(" ")[2] ?? "";
  const home = fourth(own);
  const about = (path: string) => found.find((line) => fourth(line) === path);
  const directory = faultOf(about(`${home}/.ssh`), uid, 0o040700);
  const keys = faultOf(about(`${home}/.ssh/authorized_keys`), uid, 0o100600);
  return { exists: about(home) !== undefined, ...(directory && { directory }), ...(keys && { keys }) };
}

/** What is behind the third blank. */
function fourth(line: string): string {
  return line.split(" ").slice(3).join(" ");
}

function faultOf(line: string | undefined, uid: string, wanted: number): Fault | undefined {
  if (line === undefined) return undefined;
  const [hex = "", owner = "", name = ""] = line.split(" ");
  const bits = Number.parseInt(hex, 16);
  if (bits === wanted && owner === uid) return undefined;
  const type = bits & 0o170000;
  if (type !== (wanted & 0o170000))
    return { found: type === 0o120000 ? "a symlink" : "something else", curable: false };
  const mode = (bits & 0o7777).toString(8).padStart(4, "0");
  return { found: `${mode} ${name === "UNKNOWN" ? owner : name}`, curable: true };
}
