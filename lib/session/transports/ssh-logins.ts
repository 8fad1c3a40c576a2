import { readFile } from "node:fs/promises";
import ssh2, { type AnyAuthMethod } from "ssh2";
import type { Secret } from "../../secrets/secret.ts";

/** Who logs in, and with what. */
export interface Identity {
  readonly user: string;
  /** Tried alone when given; otherwise the agent and then `defaultKeyFiles`. */
  readonly privateKeyFile?: string | undefined;
  readonly privateKeyPassphrase?: Secret | undefined;
  readonly password?: Secret | undefined;
  /** Path of the agent's socket. */
  readonly agent?: string | undefined;
  readonly defaultKeyFiles: readonly string[];
}

/** A login: how, and how it is named in the error when all of them were refused. */
export interface Login {
  readonly name: string;
  readonly method: AnyAuthMethod;
}

/** What to log in with, in order; and what could not be used, and why. */
export async function loginsOf(options: Identity): Promise<{ logins: readonly Login[]; skipped: readonly string[] }> {
  const { user: username, agent, password } = options;
  const logins: Login[] = [];
  const skipped: string[] = [];
  const files = options.privateKeyFile ? [options.privateKeyFile] : options.defaultKeyFiles;
  if (!options.privateKeyFile && agent) logins.push({ name: "agent", method: { type: "agent", username, agent } });
  for (const file of files) {
    const key = await readKey(file, options);
    if (typeof key === "string") skipped.push(key);
    else if (key) logins.push({ name: `key ${file}`, method: { type: "publickey", username, key } });
  }
  if (password) {
    logins.push({ name: "password", method: { type: "password", username, password: password.reveal() } });
    logins.push({
      name: "keyboard-interactive",
      method: {
        type: "keyboard-interactive",
        username,
        prompt: (_name, _instructions, _language, prompts, finish) => finish(prompts.map(() => password.reveal())),
      },
    });
  }
  return { logins, skipped };
}

/** A parsed private key; a string says why it cannot be used; `undefined`: a default key that does not exist. */
async function readKey(file: string, options: Identity): Promise<ssh2.ParsedKey | string | undefined> {
  let text: Buffer;
  try {
    text = await readFile(file);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    if (missing && options.privateKeyFile === undefined) return undefined;
    return `key ${file}: ${missing ? "there is no such file" : (error as Error).message}`;
  }
  const parsed = ssh2.utils.parseKey(text, options.privateKeyPassphrase?.reveal());
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key instanceof Error || key === undefined) {
    const encrypted = /encrypted|passphrase|bad decrypt|integrity/i.test(key?.message ?? "");
    const remedy = encrypted ? "set ansible_ssh_private_key_passphrase or load it into an ssh-agent" : key?.message;
    return `key ${file}: ${encrypted ? "passphrase missing or wrong; " : ""}${remedy}`;
  }
  return key;
}
