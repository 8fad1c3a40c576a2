import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../command.ts";
import { mirrorPaths } from "../places.ts";

const owner = "Hostwright's lab <lab@hostwright.invalid>";

/** The key that signs what is published. */
export interface SigningKey {
  /** The public half, armored. */
  readonly publicKey: string;
  /** Writes `InRelease` and `Release.gpg` for the `Release` of a directory. */
  sign(dir: string): Promise<void>;
}

/** Uses the key, made the first time, and ends the agent that gpg starts for it. */
export async function withSigningKey<T>(work: (key: SigningKey) => Promise<T>): Promise<T> {
  const env = { GNUPGHOME: mirrorPaths.keys };
  const gpg = (...args: string[]) => run("gpg", ["--batch", "--quiet", "--yes", ...args], { env });
  try {
    if (!existsSync(join(mirrorPaths.keys, "pubring.kbx"))) {
      mkdirSync(mirrorPaths.keys, { recursive: true, mode: 0o700 });
      await gpg("--passphrase", "", "--quick-generate-key", owner, "ed25519", "sign", "never");
    }
    return await work({
      publicKey: await gpg("--armor", "--export"),
      async sign(dir) {
        const release = join(dir, "Release");
        await gpg("--clearsign", "--output", join(dir, "InRelease"), release);
        await gpg("--armor", "--detach-sign", "--output", `${release}.gpg`, release);
      },
    });
  } finally {
    await run("gpgconf", ["--kill", "gpg-agent"], { env });
  }
}
