import { join } from "node:path";
import type { Connection } from "../inventory/index.ts";
import { Secret } from "../secrets/secret.ts";
import type { Deadlines } from "../session/deadlines.ts";
import { Session } from "../session/session.ts";
import type { Transport } from "../session/transport.ts";
import { localTransport } from "../session/transports/local.ts";

/** What the controller brings to a login. */
export interface Controller {
  readonly home: string;
  readonly user: string;
  /** Socket of an ssh-agent. */
  readonly agent: string | undefined;
}

/** Tried in this order where the inventory names no key, as OpenSSH does. */
const DEFAULT_KEYS = ["id_ed25519", "id_ecdsa", "id_rsa"];

/**
 * Makes the function that logs in to hosts of an inventory. What they share is kept: key files are read once.
 *
 * @throws ConnectionError, PrivilegeError, TimeoutError, when a login fails
 */
export function connector(controller: Controller, deadlines: Deadlines) {
  // Loaded when the first host needs it: an inventory of the controller alone does not.
  let ssh: Promise<(host: string, connection: Connection) => Transport> | undefined;
  return async (host: string, connection: Connection): Promise<Session> => {
    if (connection.kind === "ssh") ssh ??= sshTransports(controller, deadlines);
    const transport = ssh && connection.kind === "ssh" ? (await ssh)(host, connection) : localTransport();
    try {
      return await Session.start(transport, {
        host,
        become: connection.become,
        becomePassword: secret(connection.becomePassword),
        deadlines,
      });
    } catch (error) {
      transport.close();
      throw error;
    }
  };
}

async function sshTransports({ home, user, agent }: Controller, deadlines: Deadlines) {
  const [{ sshTransport }, { KeyFiles }] = await Promise.all([
    import("../session/transports/ssh.ts"),
    import("../session/transports/key-files.ts"),
  ]);
  const keyFiles = new KeyFiles();
  return (host: string, connection: Connection): Transport =>
    sshTransport({
      host,
      address: connection.address,
      port: connection.port,
      user: connection.user ?? user,
      privateKeyFile: connection.privateKeyFile,
      privateKeyPassphrase: secret(connection.privateKeyPassphrase),
      password: secret(connection.password),
      agent,
      defaultKeyFiles: DEFAULT_KEYS.map((name) => join(home, ".ssh", name)),
      knownHostsFiles: connection.knownHostsFile
        ? [connection.knownHostsFile]
        : [join(home, ".ssh", "known_hosts"), "/etc/ssh/ssh_known_hosts"],
      keyFiles,
      deadlines,
    });
}

function secret(value: string | undefined): Secret | undefined {
  return value === undefined ? undefined : new Secret(value);
}
