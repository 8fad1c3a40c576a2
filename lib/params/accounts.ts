import { z } from "zod";
import { SecretString } from "../secrets/secret.ts";
import { AbsolutePath, AccountName } from "./files.ts";

/** A number of a user or group. The last ones are not for use: -1 means "none" to the kernel. */
export const AccountId = z.int().min(0).max(4_294_967_293);

/** The comment field of a user: the full name, mostly. */
export const AccountComment = z
  .string()
  .regex(/^[^:\x00-\x1f\x7f]*$/, "has to be one line of text without colons, since colons part the fields of passwd");

/**
 * A password's hash as crypt(5) makes it, never the password: `openssl passwd -6`, `mkpasswd`. Text becomes a Secret.
 *
 * @see crypt(5)
 */
export const PasswordHash = SecretString.refine(
  (hash) => /^\$[a-z0-9]+\$[^:\s!*\\]+$/i.test(hash.reveal()),
  "has to be a hash such as `openssl passwd -6` prints, not the password itself",
);

/** A public key for ssh. */
export interface SshPublicKey {
  readonly type: string;
  readonly blob: string;
  readonly comment: string | undefined;
}

/**
 * A public key as in a file `id_ed25519.pub`: type, base64, and a comment or none.
 *
 * @see sshd(8), AUTHORIZED_KEYS FILE FORMAT; RFC 4253, 6.6
 */
export const PublicKey = z.string().transform((text, context): SshPublicKey => {
  const [type = "", blob = "", ...comment] = text.trim().split(/[ \t]+/);
  if (/[\x00-\x1f\x7f]/.test(text.trim()) || !/^[A-Za-z0-9+/]+={0,2}$/.test(blob) || typeIn(blob) !== type) {
    context.addIssue("has to be a public key without options, such as ssh-ed25519 AAAAC3Nza… name@example.com");
    return z.NEVER;
  }
  return { type, blob, comment: comment.join(" ") || undefined };
});

/** A key's bytes begin with its type once more. */
function typeIn(blob: string): string {
  const bytes = Buffer.from(blob, "base64");
  return bytes.length < 4 ? "" : bytes.toString("latin1", 4, 4 + bytes.readUInt32BE(0));
}

/**
 * One option of a key: `no-pty`, `from="10.0.0.0/8"`, `command="backup --now"`.
 *
 * @see sshd(8), AUTHORIZED_KEYS FILE FORMAT
 */
export const KeyOption = z
  .string()
  .regex(
    /^[A-Za-z0-9-]+(="([^"\\\x00-\x1f\x7f]|\\.)*")?$/,
    'has to be one option of authorized_keys, its value in quotes, such as no-pty or from="10.0.0.0/8"',
  );

/** A user as it should be; what is not given is left as it is. */
export const WantedUser = z.strictObject({
  name: AccountName,
  /** Its number; the next free one unless told. */
  uid: AccountId.optional(),
  /** The primary group, which has to exist; a new user has one of its own name unless told. */
  group: AccountName.optional(),
  /** Further groups, which have to exist. */
  groups: z.array(AccountName).default([]),
  /** Whether memberships in other groups stay. */
  append: z.boolean().default(true),
  /** A new user has /home/NAME unless told. Nothing is moved when it changes. */
  home: AbsolutePath.optional(),
  /** A new user has /bin/sh, a new system user /usr/sbin/nologin unless told. */
  shell: AbsolutePath.optional(),
  /** Whether the home has to exist. Unless told, that of a new user that is not a system user is made (0700). */
  createHome: z.boolean().optional(),
  /** A new user without `uid` gets one of the numbers for services, and no home. */
  system: z.boolean().default(false),
  comment: AccountComment.optional(),
  /** The hash of the password, not the password. */
  password: PasswordHash.optional(),
  /** Whether no password opens; logging in by key goes on. */
  locked: z.boolean().optional(),
  absent: z.literal(false).optional(),
});

export type WantedUser = z.output<typeof WantedUser>;
