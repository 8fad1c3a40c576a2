import { defineRead, type Read } from "../engine/read.ts";
import { joinSh, rawSh, sh } from "../shell/sh.ts";
import { sha256 } from "./file-content.ts";
import { linesOf, splitByName, splitRecords } from "./records.ts";

/**
 * What a password is good for: it opens (`usable`), would if the account were not locked (`locked`), there is none and
 * nothing opens (`none`), or there is none and nothing is asked (`empty`).
 */
export type PasswordState = "usable" | "locked" | "none" | "empty";

/** A user that exists. The number is a question of its own ({@link userId}): it is not known beforehand. */
export interface UserState {
  /** The primary group. */
  readonly group: string;
  readonly comment: string;
  readonly home: string;
  readonly shell: string;
  /** The groups that list the user as a member, sorted. */
  readonly groups: readonly string[];
  readonly password: PasswordState;
}

/** Of a password no more than its state leaves the host. */
const program = `
function state(hash,   rest) {
  if (hash == "") return "empty"
  rest = hash; sub(/^!+/, "", rest)
  if (length(rest) < 13) return "none"
  return rest == hash ? "usable" : "locked"
}
BEGIN {
  for (a = 1; a < ARGC; a++) asked[ARGV[a]] = 1
  n = split(ENVIRON["hw_passwd"], lines, "\\n")
  for (l = 1; l <= n; l++) { split(lines[l], field, ":"); if (field[1] in asked) user[field[1]] = lines[l] }
  while ((getline line < "/etc/group") > 0) {
    split(line, field, ":")
    if (!(field[3] in name)) name[field[3]] = field[1]
    m = split(field[4], member, ",")
    for (i = 1; i <= m; i++) if (member[i] in user) groups[member[i]] = groups[member[i]] " " field[1]
  }
  while ((getline line < "/etc/shadow") > 0) { split(line, field, ":"); if (field[1] in user) hash[field[1]] = field[2] }
  for (a = 1; a < ARGC; a++) {
    print "="
    if (!((key = ARGV[a]) in user)) continue
    split(user[key], field, ":")
    print "group " (field[4] in name ? name[field[4]] : field[4])
    print "comment " field[5]
    print "home " field[6]
    print "shell " field[7]
    print "groups" groups[key]
    print "password " state(key in hash ? hash[key] : field[2])
  }
}`;

/**
 * A user by name; `undefined` where there is none. Memberships and passwords are those of the host's own files, which
 * are the ones that can be changed.
 *
 * @see passwd(5), group(5), shadow(5), getent(1)
 */
export const user = defineRead<UserState | undefined>({
  name: "user",
  tidy: true,
  ask: (names) => sh`hw_passwd=$(getent passwd ${names} 2>/dev/null) awk ${program} ${names} 2>/dev/null`,
  split: splitRecords,
  parse: (record) => parseUser(record.toString()),
});

/** Lines `WORD VALUE`, one of each; nothing for a user that does not exist. */
export function parseUser(record: string): UserState | undefined {
  const lines = new Map(
    linesOf(record).map((line) => {
      const at = line.indexOf(" ");
      return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
    }),
  );
  if (lines.size === 0) return undefined;
  const groups = (lines.get("groups") ?? "").split(" ").filter((name) => name !== "");
  return {
    group: lines.get("group") ?? "",
    comment: lines.get("comment") ?? "",
    home: lines.get("home") ?? "",
    shell: lines.get("shell") ?? "",
    groups: groups.toSorted(),
    password: lines.get("password") as PasswordState,
  };
}

/** The number of a user; `undefined` where there is none. */
export const userId = defineRead<number | undefined>({
  name: "user-id",
  tidy: true,
  ask: (names) => sh`getent passwd ${names} 2>/dev/null | cut -d : -f 1-3`,
  split: splitByName,
  parse: (record) => (record.length === 0 ? undefined : Number(record.toString().split(":")[2])),
});

const passwordKind = defineRead<"same" | "differs">({
  name: "user-password",
  tidy: true,
  ask: (keys) =>
    joinSh([
      rawSh(`hw_password() {
  [ "$2" != - ] || { echo differs; return; }
  hw_h=; while IFS=: read -r hw_n hw_p hw_r; do [ "$hw_n" != "$1" ] || hw_h=$hw_p; done </etc/shadow
  while [ "\${hw_h#!}" != "$hw_h" ]; do hw_h=\${hw_h#!}; done
  [ "$(printf %s "$hw_h" | sha256sum)" = "$2  -" ] && echo same || echo differs
} 2>/dev/null`),
      ...keys.map((key) => sh`hw_password ${key.split(" ")}`),
    ]),
  split: (output, keys) => {
    const lines = output.toString("latin1").split("\n");
    return keys.map((_, index) => Buffer.from(`${lines[index] ?? ""}\n`, "latin1"));
  },
  parse: (record) => (record.toString("latin1").trim() === "same" ? "same" : "differs"),
});

/**
 * Whether a user has this hash as its password, locked or not. The host compares digests and tells no more. Without a
 * hash nothing is compared.
 */
export function userPassword(name: string, hash: string | undefined): Read<"same" | "differs"> {
  return passwordKind(`${name} ${hash === undefined ? "-" : sha256(hash)}`);
}
