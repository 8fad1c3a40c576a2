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

/** Logs in to a host of the inventory. @throws ConnectionError, PrivilegeError, TimeoutError */
export async function startSession(
  host: string,
  connection: Connection,
  controller: Controller,
  deadlines: Deadlines,
): Promise<Session> {
  const transport = await transportTo(host, connection, controller, deadlines);
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
}

async function transportTo(
  host: string,
  connection: Connection,
  { home, user, agent }: Controller,
  deadlines: Deadlines,
): Promise<Transport> {
  if (connection.kind === "local") return localTransport();
  const { sshTransport } = await import("../session/transports/ssh.ts");
  return sshTransport({
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
    deadlines,
  });
}

function secret(value: string | undefined): Secret | undefined {
  return value === undefined ? undefined : new Secret(value);
}
