import { join } from "node:path";
import { Secret } from "../secrets/secret.ts";
import type { Deadlines } from "./deadlines.ts";
import { Session } from "./session.ts";
import type { Transport } from "./transport.ts";
import { localTransport } from "./transports/local.ts";

/** How a host is reached and how root is had there; the inventory's connection has this shape. */
export interface Reach {
  readonly kind: "ssh" | "local";
  readonly address: string;
  readonly port: number;
  readonly user?: string;
  readonly become: boolean;
  readonly becomePassword?: string;
  readonly password?: string;
  readonly privateKeyFile?: string;
  readonly privateKeyPassphrase?: string;
  readonly knownHostsFile?: string;
}

/** What the controller brings to a login. */
export interface Controller {
  readonly home: string;
  readonly user: string;
  /** Socket of an ssh-agent. */
  readonly agent: string | undefined;
}

/** Tried in this order where the inventory names no key, as OpenSSH does. */
const DEFAULT_KEYS = ["id_ed25519", "id_ecdsa", "id_rsa"];

/** @throws ConnectionError, PrivilegeError, TimeoutError */
export async function startSession(
  host: string,
  reach: Reach,
  controller: Controller,
  deadlines: Deadlines,
): Promise<Session> {
  const transport = await transportTo(host, reach, controller, deadlines);
  try {
    return await Session.start(transport, {
      host,
      become: reach.become,
      becomePassword: secret(reach.becomePassword),
      deadlines,
    });
  } catch (error) {
    transport.close();
    throw error;
  }
}

async function transportTo(
  host: string,
  reach: Reach,
  { home, user, agent }: Controller,
  deadlines: Deadlines,
): Promise<Transport> {
  if (reach.kind === "local") return localTransport();
  const { sshTransport } = await import("./transports/ssh.ts");
  return sshTransport({
    host,
    address: reach.address,
    port: reach.port,
    user: reach.user ?? user,
    privateKeyFile: reach.privateKeyFile,
    privateKeyPassphrase: secret(reach.privateKeyPassphrase),
    password: secret(reach.password),
    agent,
    defaultKeyFiles: DEFAULT_KEYS.map((name) => join(home, ".ssh", name)),
    knownHostsFiles: reach.knownHostsFile
      ? [reach.knownHostsFile]
      : [join(home, ".ssh", "known_hosts"), "/etc/ssh/ssh_known_hosts"],
    deadlines,
  });
}

function secret(value: string | undefined): Secret | undefined {
  return value === undefined ? undefined : new Secret(value);
}
