import { readFile } from "node:fs/promises";
import ssh2 from "ssh2";
import { ConnectionError } from "../../errors.ts";
import { remember } from "../../remember.ts";
import type { Secret } from "../../secrets/secret.ts";
import { type KnownHost, parseKnownHosts } from "../known-hosts.ts";

/** A key that can be used, or why not. */
export type PrivateKey =
  | { readonly kind: "key"; readonly key: ssh2.ParsedKey }
  | { readonly kind: "missing" }
  | { readonly kind: "unusable"; readonly why: string };

/** Files that the logins of a run share: each is read and parsed once, for however many hosts. */
export class KeyFiles {
  readonly #knownHosts = new Map<string, Promise<readonly KnownHost[]>>();
  readonly #privateKeys = new Map<string, Promise<PrivateKey>>();

  /** The entries of known_hosts files, in their order; one that does not exist has none. */
  async knownHosts(files: readonly string[]): Promise<readonly KnownHost[]> {
    const lists = files.map((file) => remember(this.#knownHosts, file, () => readKnownHosts(file)));
    return lists.length === 1 ? ((await lists[0]) ?? []) : (await Promise.all(lists)).flat();
  }

  privateKey(file: string, passphrase: Secret | undefined): Promise<PrivateKey> {
    const id = `${file}\0${passphrase?.reveal() ?? ""}`;
    return remember(this.#privateKeys, id, () => readPrivateKey(file, passphrase));
  }
}

async function readKnownHosts(file: string): Promise<readonly KnownHost[]> {
  try {
    return parseKnownHosts(await readFile(file, "utf8"), file);
  } catch (error) {
    if (isMissing(error)) return [];
    throw new ConnectionError(`${file}: ${(error as Error).message}`, { cause: error });
  }
}

async function readPrivateKey(file: string, passphrase: Secret | undefined): Promise<PrivateKey> {
  let text: Buffer;
  try {
    text = await readFile(file);
  } catch (error) {
    return isMissing(error) ? { kind: "missing" } : { kind: "unusable", why: (error as Error).message };
  }
  const parsed = ssh2.utils.parseKey(text, passphrase?.reveal());
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key !== undefined && !(key instanceof Error)) return { kind: "key", key };
  const encrypted = /encrypted|passphrase|bad decrypt|integrity/i.test(key?.message ?? "");
  const remedy = "passphrase missing or wrong; set ansible_ssh_private_key_passphrase or load it into an ssh-agent";
  return { kind: "unusable", why: encrypted ? remedy : (key?.message ?? "there is no key in it") };
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}
