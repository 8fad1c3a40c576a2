import { randomBytes } from "node:crypto";
import { PrivilegeError } from "../errors.ts";
import type { Secret } from "../secrets/secret.ts";
import { becomeLine } from "./bootstrap.ts";
import type { ByteStream, StreamEnd } from "./transport.ts";

/** Where a message is about. */
interface Place {
  readonly host: string;
  /** `ssh admin@10.0.0.11:22` */
  readonly line: string;
}

/**
 * Becomes root by a sudo that asks for a password. It is sent once, when sudo's prompt was seen, which nobody can guess
 * (`sudo -p`); never when the prompt does not come, nor when sudo has nothing to ask: then the root shell's word comes
 * first. A second prompt means that it was wrong.
 *
 * @throws PrivilegeError
 * @see sudo(8), -S and -p
 */
export async function becomeByPassword(
  { stdin, stdout, stderr, ended }: ByteStream,
  password: Secret,
  { host, line, ms }: Place & { readonly ms: number },
): Promise<void> {
  const prompt = randomBytes(16).toString("hex");
  let out = "";
  let err = "";
  let answered = false;
  const outcome = await new Promise<"root" | "wrong password" | "deadline" | StreamEnd>((resolve) => {
    const timer = setTimeout(() => resolve("deadline"), ms);
    const settle = (how: "root" | "wrong password" | StreamEnd) => {
      clearTimeout(timer);
      resolve(how);
    };
    stdout.on("data", (chunk: Buffer) => {
      out += chunk.toString("latin1");
      if (/(^|\n)hostwright\n/.test(out)) settle("root");
    });
    stderr.on("data", (chunk: Buffer) => {
      err += chunk.toString("latin1");
      if (err.split(prompt).length > 2) settle("wrong password");
      else if (err.includes(prompt) && !answered) {
        answered = true;
        stdin.write(`${password.reveal()}\n`);
      }
    });
    ended.then(settle);
    stdin.write(becomeLine("password", prompt));
  });
  stdout.removeAllListeners("data");
  stderr.removeAllListeners("data");
  if (outcome === "root") return;
  stdin.end();
  if (outcome === "wrong password") {
    throw new PrivilegeError(`${host}: sudo did not accept ansible_become_password of this user (${line})`);
  }
  if (outcome === "deadline") {
    throw new PrivilegeError(
      `${host}: sudo neither asked for a password nor gave a root shell within ${ms} ms (deadline "privilege", ${line})`,
    );
  }
  throw noRoot({ host, line }, `${out}\n${err.replaceAll(prompt, "")}`.split("\n"), outcome);
}

/**
 * The shell ended before it was root's: sudo refused, or the login shell is none.
 *
 * @param lines what was printed until then
 */
export function noRoot({ host, line }: Place, lines: readonly string[], { status }: StreamEnd): PrivilegeError {
  const said = lines.map((each) => each.trim()).filter((each) => each !== "");
  const sudo = said.find((each) => each.startsWith("sudo:"));
  if (sudo?.includes("password is required")) {
    return new PrivilegeError(
      `${host}: sudo wants a password (${line}); set ansible_become_password for this host, ` +
        "or allow the user NOPASSWD in sudoers",
    );
  }
  if (sudo) return new PrivilegeError(`${host}: no root by sudo (${line}): ${sudo}`);
  const how = status === undefined ? "" : ` with status ${status}`;
  const last = said.length > 0 ? `; it said: ${said.slice(-3).join(" / ")}` : "";
  return new PrivilegeError(`${host}: the login shell ended${how} before a root shell was ready (${line})${last}`);
}
