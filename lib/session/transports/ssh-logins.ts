import type { AnyAuthMethod } from "ssh2";
import type { Secret } from "../../secrets/secret.ts";
import type { KeyFiles } from "./key-files.ts";

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
  readonly keyFiles: KeyFiles;
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
    const found = await options.keyFiles.privateKey(file, options.privateKeyPassphrase);
    if (found.kind === "key") {
      logins.push({ name: `key ${file}`, method: { type: "publickey", username, key: found.key } });
    } else if (found.kind === "unusable") skipped.push(`key ${file}: ${found.why}`);
    else if (options.privateKeyFile) skipped.push(`key ${file}: there is no such file`);
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
