import { connect, type Socket } from "node:net";
import { NodeSSH } from "node-ssh";
import type { Client, ServerHostKeyAlgorithm } from "ssh2";
import { ConnectionError, TimeoutError } from "../../errors.ts";
import type { Deadlines } from "../deadlines.ts";
import { fingerprint, judgeHostKey, type KnownHost, keyType, knownHostName, knownKeyTypes } from "../known-hosts.ts";
import type { ByteStream, StreamEnd, Transport } from "../transport.ts";
import { type Identity, type Login, loginsOf } from "./ssh-logins.ts";

export interface SshOptions extends Identity {
  /** The host's name in the inventory, for messages. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  /** Read in this order; those that do not exist are passed over. */
  readonly knownHostsFiles: readonly string[];
  readonly deadlines: Pick<Deadlines, "connectMs" | "keepaliveMs">;
}

/**
 * SSH by ssh2, with what it leaves to its caller: no Nagle delay, host keys checked strictly, an error listener for
 * the whole life of the connection, keepalive, and a deadline.
 */
export function sshTransport(options: SshOptions): Transport {
  const name = `ssh ${options.user}@${options.address}:${options.port}`;
  const ssh = new NodeSSH();
  let client: Client | undefined;
  let failure: Error | undefined;
  return {
    name,
    async open(commandLine) {
      const { logins, skipped } = await loginsOf(options);
      if (logins.length === 0) {
        throw new ConnectionError(
          `${options.host}: nothing to log in with (${name}): ${skipped.join("; ") || "no key, agent or password"}; ` +
            "set ansible_ssh_private_key_file, start an ssh-agent, or set ansible_password",
        );
      }
      const known = await options.keyFiles.knownHosts(options.knownHostsFiles);
      const hostName = knownHostName(options.address, options.port);
      const knownTypes = knownKeyTypes(known, hostName);
      let refused: string | undefined;
      const socket = await connectSocket(options, name);
      try {
        await ssh.connect({
          sock: socket,
          username: options.user,
          authHandler: logins.map((login) => login.method),
          readyTimeout: options.deadlines.connectMs,
          keepaliveInterval: options.deadlines.keepaliveMs,
          keepaliveCountMax: 3,
          ...(knownTypes.length > 0 && { algorithms: { serverHostKey: hostKeyAlgorithms(knownTypes) } }),
          // ssh2 takes anything but a strict `false` for consent, a promise too: only the callback form is safe.
          hostVerifier: (key: Buffer, verify: (valid: boolean) => void): undefined => {
            refused = refusal(known, hostName, key, options);
            verify(refused === undefined);
          },
        });
      } catch (error) {
        socket.destroy();
        throw loginError(error as Error, refused, { options, name, logins, skipped });
      }
      client = ssh.connection as Client;
      // Once connected, node-ssh takes its own listener away, and an error without one ends the process.
      client.on("error", (error) => {
        failure ??= error;
      });
      return execStream(client, commandLine, () => failure);
    },
    close() {
      client?.end();
      // A peer that is gone would keep a half-closed socket, and the process with it, for minutes.
      setTimeout(() => client?.destroy(), 500).unref();
    },
  };
}

/** A connected socket with Nagle's algorithm off: with it each small packet waits for the last one's acknowledgement. */
function connectSocket({ host, address, port, deadlines }: SshOptions, name: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, noDelay: true });
    const timer = setTimeout(() => {
      socket.destroy();
      const message = `${host}: no TCP connection within ${deadlines.connectMs} ms (deadline "connect", ${name})`;
      reject(new TimeoutError(message, { deadline: "connect" }));
    }, deadlines.connectMs);
    socket.once("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(new ConnectionError(`${host}: ${socketProblem(error)} (${name})`, { cause: error }));
    });
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.removeAllListeners("error");
      resolve(socket);
    });
  });
}

function socketProblem(error: NodeJS.ErrnoException): string {
  if (error.code === "ECONNREFUSED") return "connection refused; is sshd running on that port?";
  if (error.code === "ENOTFOUND") return "no such address; set ansible_host, or check the name";
  if (error.code === "EHOSTUNREACH" || error.code === "ENETUNREACH") return "no route to the host; is it up?";
  return error.message;
}

/** Opens the exec channel. A lost connection ends the stream with an error, never as if the command had finished. */
function execStream(client: Client, commandLine: string, failure: () => Error | undefined): Promise<ByteStream> {
  return new Promise((resolve, reject) => {
    const lost = () => reject(new ConnectionError(failure()?.message ?? "connection closed", { cause: failure() }));
    client.once("close", lost);
    client.exec(commandLine, (error, channel) => {
      client.off("close", lost);
      if (error) {
        reject(new ConnectionError(`the host refused a session: ${error.message}`, { cause: error }));
        return;
      }
      const ended = new Promise<StreamEnd>((done) => {
        let status: number | undefined;
        let signal: string | undefined;
        channel.on("exit", (code: number | null, killedBy?: string) => {
          if (code !== null) status = code;
          signal = killedBy;
        });
        // ssh2 ends a channel of a lost connection like any other; without an exit status it was lost.
        const finish = () => {
          if (status !== undefined) done({ status });
          else if (signal !== undefined) done({ signal });
          else done({ error: failure() ?? new Error("connection closed") });
        };
        channel.on("close", finish);
        client.once("close", finish);
        client.once("error", finish);
      });
      resolve({ stdin: channel, stdout: channel, stderr: channel.stderr, ended });
    });
  });
}

/** RSA keys are offered under the names of their signatures (RFC 8332). */
function hostKeyAlgorithms(types: readonly string[]): ServerHostKeyAlgorithm[] {
  const names = types.flatMap((type) => (type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [type]));
  return [...new Set(names)] as ServerHostKeyAlgorithm[];
}

/** Why a host key is not taken, `undefined` when it is. */
function refusal(known: readonly KnownHost[], hostName: string, key: Buffer, options: SshOptions): string | undefined {
  const verdict = judgeHostKey(known, hostName, key);
  const shown = `${keyType(key)} ${fingerprint(key)}`;
  const files = options.knownHostsFiles.join(", ");
  switch (verdict.kind) {
    case "trusted":
      return undefined;
    case "unknown":
      return (
        `host key is not known: ${hostName} shows ${shown}, which is not in ${files}. ` +
        `Compare it with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub on its console), then: ` +
        `ssh-keyscan -p ${options.port} ${options.address} >> ${options.knownHostsFiles[0] ?? "~/.ssh/known_hosts"}`
      );
    case "changed":
      return (
        `host key has changed: ${hostName} shows ${shown}, ${verdict.place} has another. Either the host was ` +
        `installed again (then: ssh-keygen -R '${hostName}'), or something else answers at its address`
      );
    case "revoked":
      return `host key is revoked: ${hostName} shows ${shown}, which ${verdict.place} marks @revoked`;
    case "certificate-authority":
      return (
        `host key is not known: ${hostName} is only covered by @cert-authority in ${verdict.place}, and this transport ` +
        `cannot check certificates; add the host's own key ${shown}`
      );
  }
}

interface LoginAttempt {
  readonly options: SshOptions;
  readonly name: string;
  readonly logins: readonly Login[];
  readonly skipped: readonly string[];
}

function loginError(error: Error, refused: string | undefined, attempt: LoginAttempt): ConnectionError | TimeoutError {
  const { options, name, logins, skipped } = attempt;
  if (refused !== undefined) return new ConnectionError(`${options.host}: ${refused} (${name})`);
  if (/timed out/i.test(error.message)) {
    const message = `${options.host}: no login within ${options.deadlines.connectMs} ms (deadline "connect", ${name})`;
    return new TimeoutError(message, { deadline: "connect", cause: error });
  }
  if (/authentication methods failed/i.test(error.message)) {
    const tried = logins.map((login) => login.name).join(", ");
    const passed = skipped.length > 0 ? `; not tried: ${skipped.join("; ")}` : "";
    return new ConnectionError(
      `${options.host}: login refused (${name}); tried ${tried}${passed}. ` +
        "Is the public key in authorized_keys of this user?",
      { cause: error },
    );
  }
  return new ConnectionError(`${options.host}: ${error.message} (${name})`, { cause: error });
}
