import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** One line of a known_hosts file. */
export interface KnownHost {
  readonly place: string;
  readonly marker: "cert-authority" | "revoked" | undefined;
  /** Comma-separated patterns, or one hashed name `|1|SALT|HASH`. */
  readonly patterns: string;
  readonly type: string;
  readonly key: Buffer;
}

/** What the files say about a key that a host has shown. */
export type HostKeyVerdict =
  | { readonly kind: "trusted" }
  | { readonly kind: "unknown" }
  | { readonly kind: "changed"; readonly place: string }
  | { readonly kind: "revoked"; readonly place: string }
  | { readonly kind: "certificate-authority"; readonly place: string };

/**
 * The entries of a known_hosts file; lines that are none (comments, keys that cannot be read) are passed over, as
 * OpenSSH does.
 *
 * @see sshd(8), SSH_KNOWN_HOSTS FILE FORMAT
 */
export function parseKnownHosts(text: string, file: string): readonly KnownHost[] {
  return text.split("\n").flatMap((line, index): KnownHost[] => {
    const words = line.trim().split(/\s+/);
    if (words[0] === "" || words[0]?.startsWith("#")) return [];
    const marker = words[0] === "@cert-authority" || words[0] === "@revoked" ? words.shift() : undefined;
    if (words[0]?.startsWith("@")) return [];
    const [patterns, type, key] = words;
    if (!patterns || !type || !key) return [];
    return [
      {
        place: `${file}:${index + 1}`,
        marker: marker?.slice(1) as KnownHost["marker"],
        patterns,
        type,
        key: Buffer.from(key, "base64"),
      },
    ];
  });
}

/** The name under which a host is looked up: `[host]:port` unless the port is 22. */
export function knownHostName(address: string, port: number): string {
  const name = address.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

/** Judges the key of a host. A revoked key is refused whatever else is said of it. */
export function judgeHostKey(entries: readonly KnownHost[], name: string, key: Buffer): HostKeyVerdict {
  const matching = entries.filter((entry) => matchesHost(entry.patterns, name));
  const revoked = matching.find((entry) => entry.marker === "revoked" && entry.key.equals(key));
  if (revoked) return { kind: "revoked", place: revoked.place };
  const plain = matching.filter((entry) => entry.marker === undefined);
  if (plain.some((entry) => entry.key.equals(key))) return { kind: "trusted" };
  const type = keyType(key);
  const other = plain.find((entry) => entry.type === type) ?? plain[0];
  if (other) return { kind: "changed", place: other.place };
  const authority = matching.find((entry) => entry.marker === "cert-authority");
  return authority ? { kind: "certificate-authority", place: authority.place } : { kind: "unknown" };
}

/** The key types on file for a host: asking the host for one of these keeps a known host from looking changed. */
export function knownKeyTypes(entries: readonly KnownHost[], name: string): readonly string[] {
  return entries
    .filter((entry) => entry.marker === undefined && matchesHost(entry.patterns, name))
    .map((entry) => entry.type);
}

/** `SHA256:…`, as ssh-keygen -l and a host's console print it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

/** The type is the first string of a key blob (RFC 4253, 6.6). */
export function keyType(key: Buffer): string {
  return key.length < 4 ? "" : key.toString("latin1", 4, 4 + key.readUInt32BE(0));
}

function matchesHost(patterns: string, name: string): boolean {
  if (patterns.startsWith("|1|")) return matchesHashed(patterns, name);
  let matched = false;
  for (const pattern of patterns.split(",")) {
    const negated = pattern.startsWith("!");
    if (!matchesPattern(negated ? pattern.slice(1) : pattern, name)) continue;
    if (negated) return false;
    matched = true;
  }
  return matched;
}

function matchesHashed(hashed: string, name: string): boolean {
  const [, , salt, hash] = hashed.split("|");
  if (!salt || !hash) return false;
  const expected = Buffer.from(hash, "base64");
  const actual = createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest();
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

/** Most patterns are plain names, and a file may have thousands of them. */
function matchesPattern(pattern: string, name: string): boolean {
  if (!/[*?]/.test(pattern)) return pattern.length === name.length && pattern.toLowerCase() === name;
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "i").test(name);
}
