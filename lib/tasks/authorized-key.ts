import { z } from "zod";
import { blocked, type Change, converged, pending, predict, unknowable, unknowableWhere } from "../engine/plan.ts";
import { defineTask } from "../engine/task.ts";
import { KeyOption, PublicKey, type SshPublicKey } from "../params/accounts.ts";
import { AccountName } from "../params/files.ts";
import { pathOfRead } from "../reads/about-path.ts";
import {
  authorizedKeys,
  authorizedKey as keyLines,
  parseAuthorizedKey,
  type UserHome,
  userHome,
} from "../reads/authorized-keys.ts";
import { user as userState } from "../reads/user.ts";
import { command, render, type Sh, sh } from "../shell/sh.ts";
import { keepLine, textTouched } from "./kept-line.ts";

const Present = z.strictObject({
  user: AccountName,
  /** The text of the key's `.pub` file. */
  key: PublicKey,
  /** What the key may be used for; those of a key that is there stay unless told, and a new one has none. */
  options: z.array(KeyOption).optional(),
  /** Instead of the comment in the key's own text; without either, that of a key that is there stays. */
  comment: z
    .string()
    .regex(/^[^\x00-\x1f\x7f]*$/, "has to be one line of text")
    .optional(),
  /** Whether all other keys of the user have to go. */
  exclusive: z.boolean().default(false),
  absent: z.literal(false).optional(),
});

const Absent = z.strictObject({ user: AccountName, key: PublicKey, absent: z.literal(true) });

/**
 * A key that a user may log in with, as a line of ~/.ssh/authorized_keys; or none.
 *
 * Keys are the same when their base64 is. ~/.ssh and the file in it are made, and kept, as sshd demands them: the
 * user's own, 0700 and 0600. They are written with the user's rights, so that a symlink which the user puts there
 * leads nowhere that the user could not write; one in their place blocks the task. Another `AuthorizedKeysFile` of
 * sshd is not looked for.
 *
 * @example
 * authorizedKey({ user: "deploy", key: "ssh-ed25519 AAAAC3Nza… ci@example.com", options: ["restrict"] });
 * @throws UsageError for parameters that are not valid
 * @see sshd(8), AUTHORIZED_KEYS FILE FORMAT; sshd_config(5), StrictModes
 */
export const authorizedKey = defineTask({
  name: "authorizedKey",
  params: z.discriminatedUnion("absent", [Present, Absent]),
  subject: ({ user, key }) => `${user} ${shortOf(key)}`,
  reads: (params) => ({
    account: userState(params.user),
    home: userHome(params.user),
    lines: keyLines(params.user, params.key.blob),
    // Other keys are no matter of a task that leaves them alone.
    all: isExclusive(params) ? authorizedKeys(params.user) : keyLines(params.user, params.key.blob),
  }),
  plan(params, state) {
    const { user, key } = params;
    const { account } = state;
    if (!account) return params.absent ? converged(`there is no user ${user}`) : blocked(`user ${user} does not exist`);
    const { home, lines } = state;
    if (params.absent && lines.length === 0) return converged("not authorized");
    const directory = `${account.home}/.ssh`;
    const obstacle = obstacleOf(user, account.home, home);
    if (obstacle) return blocked(obstacle);

    const wanted = params.absent ? undefined : lineOf(params, lines[0]);
    const exclusive = isExclusive(params);
    const changes = params.absent ? [] : cures(user, directory, home);
    const others = exclusive ? state.all.filter((line) => !lines.includes(line)) : [];
    const same = wanted === undefined ? lines.length === 0 : lines.length === 1 && lines[0] === wanted;
    if (!same || others.length > 0) {
      const from = [...lines, ...others].map(shown).join(", ") || "absent";
      changes.push({
        what: others.length > 0 ? "keys" : "key",
        from,
        to: wanted === undefined ? "absent" : shown(wanted),
        commands: [edit(user, directory, key, wanted, exclusive)],
        predicts: [
          unknowableWhere((read) => exclusive && read.kind.name === "authorized-key" && ofUser(read.key, user)),
          unknowableWhere((read, answer) => pathOfRead(read) === directory && isAbsent(answer)),
          predict(keyLines(user, key.blob), wanted === undefined ? [] : [wanted]),
          exclusive && wanted !== undefined
            ? predict(authorizedKeys(user), [wanted])
            : unknowable(authorizedKeys(user)),
          ...textTouched(`${directory}/authorized_keys`),
        ],
      });
    }
    return pending(changes, "authorized");
  },
});

function isExclusive(params: z.output<typeof Present> | z.output<typeof Absent>): boolean {
  return !params.absent && params.exclusive;
}

function ofUser(key: string, user: string): boolean {
  return key.startsWith(`${user} `);
}

function isAbsent(answer: unknown): boolean {
  return (answer as { readonly type?: string }).type === "absent";
}

function obstacleOf(user: string, home: string, { exists, directory, keys }: UserHome): string | undefined {
  if (!exists) return `home ${home} of user ${user} does not exist`;
  if (directory && !directory.curable) return `${home}/.ssh is ${directory.found}, not a directory`;
  if (keys && !keys.curable) return `${home}/.ssh/authorized_keys is ${keys.found}, not a file`;
  return undefined;
}

function lineOf({ key, options, comment }: z.output<typeof Present>, found: string | undefined): string {
  const there = found === undefined ? undefined : parseAuthorizedKey(found);
  const before = options?.join(",") ?? there?.options ?? "";
  const behind = comment ?? key.comment ?? there?.comment ?? "";
  return [before, key.type, key.blob, behind].filter((part) => part !== "").join(" ");
}

/** A line as people know it: options, type, the key's last letters, comment. */
function shown(line: string): string {
  const key = parseAuthorizedKey(line);
  if (!key) return line;
  return [key.options, shortOf({ ...key, comment: key.comment || undefined })].filter((part) => part !== "").join(" ");
}

function shortOf({ type, blob, comment }: SshPublicKey): string {
  return [type, `…${blob.slice(-8)}`, ...(comment === undefined ? [] : [comment])].join(" ");
}

/** Owner and mode of what is there. The owner is given by root, to the link if it were one; the rest is the user's. */
function cures(user: string, directory: string, { exists, directory: first, keys: second }: UserHome): Change[] {
  const changes: Change[] = [];
  const cure = (path: string, mode: string, found: string, after: UserHome) => {
    changes.push({
      what: path,
      from: found,
      to: `${mode} ${user}`,
      commands: [command(["chown", "-h", user, path]), asUser(user, command(["chmod", mode, path]))],
      predicts: [
        predict(userHome(user), after),
        unknowableWhere((read) => read.kind.name === "path" && read.key === path),
      ],
    });
  };
  if (first) cure(directory, "0700", first.found, { exists, ...(second && { keys: second }) });
  if (second) cure(`${directory}/authorized_keys`, "0600", second.found, { exists });
  return changes;
}

function edit(user: string, directory: string, key: SshPublicKey, line: string | undefined, exclusive: boolean): Sh {
  const mine = `function hw_has(line) {
  gsub(/[ \\t\\r]+/, " ", line)
  return line !~ /^ ?(#|$)/ && (${exclusive ? "1" : "0"} || index(" " line " ", " " ENVIRON["hw_key"] " "))
}
hw_has($0)`;
  const file = { path: `${directory}/authorized_keys`, header: "" };
  const write = keepLine(file, mine, line, { hw_key: key.blob });
  return asUser(user, sh`umask 077; mkdir -p ${directory} && ${write}`);
}

function asUser(user: string, script: Sh): Sh {
  return sh`su -s /bin/sh -c ${render(script)} ${user}`;
}
