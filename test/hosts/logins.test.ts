import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { entryOf } from "../../lib/engine/entry.ts";
import { HostRun } from "../../lib/engine/host-run.ts";
import { connector } from "../../lib/playbook/connect.ts";
import { defaultDeadlines } from "../../lib/session/deadlines.ts";
import { file } from "../../lib/tasks/file.ts";
import { startRelay } from "../lab/relay.ts";
import { converge, freshHost, quietListener, reachOf } from "./_host.ts";

const site = await freshHost(18);
const { lab, host } = site;
const folder = mkdtempSync(join(tmpdir(), "hostwright-test-"));
const made = (name: string) => [file({ path: `/etc/by-${name}`, content: `${name}\n` })];

/** The lab's key behind a passphrase. */
const lockedKey = join(folder, "locked");
copyFileSync(host.keyFile, lockedKey);
execFileSync("chmod", ["600", lockedKey]);
execFileSync("ssh-keygen", ["-q", "-p", "-P", "", "-N", "open sesame", "-f", lockedKey]);

test.serial("root logs in and needs no sudo", async (t) => {
  const { error } = await converge(lab, host, made("root"), { reach: { user: "root", become: false } });
  t.is(error, undefined);
});

test.serial("a key with its passphrase", async (t) => {
  const reach = { privateKeyFile: lockedKey, privateKeyPassphrase: "open sesame" };
  t.is((await converge(lab, host, made("passphrase"), { reach })).error, undefined);
});

test.serial("a key whose passphrase is missing or wrong says so", async (t) => {
  for (const passphrase of [undefined, "wrong"]) {
    const reach = { privateKeyFile: lockedKey, ...(passphrase && { privateKeyPassphrase: passphrase }) };
    const { error } = await converge(lab, host, made("never"), { reach });
    t.is(error?.kind, "connection");
    t.regex(
      error?.message ?? "",
      /passphrase missing or wrong; set ansible_ssh_private_key_passphrase or load it into an ssh-agent/,
    );
  }
});

test.serial("a key that the host does not take says what was tried", async (t) => {
  const other = join(folder, "other");
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", other]);
  const { error } = await converge(lab, host, made("never"), { reach: { privateKeyFile: other } });
  t.regex(
    error?.message ?? "",
    /login refused \(ssh admin@.*\); tried key .*other\. Is the public key in authorized_keys/,
  );
});

test.serial("a password for the login, and the same for sudo", async (t) => {
  const { privateKeyFile: _, ...reach } = reachOf(lab, host, {
    user: "operator",
    password: "operator",
    becomePassword: "operator",
  });
  const { error } = await converge(lab, host, made("password"), { exact: reach });
  t.is(error, undefined);
  const wrong = await converge(lab, host, made("never"), { exact: { ...reach, password: "guessed" } });
  t.regex(wrong.error?.message ?? "", /login refused .*tried password, keyboard-interactive/);
});

test.serial("an ssh-agent, where the inventory names no key", async (t) => {
  const socket = join(folder, "agent");
  const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
  while (!existsSync(socket)) await new Promise((resolve) => setTimeout(resolve, 20));
  execFileSync("ssh-add", ["-q", host.keyFile], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: "ignore" });
  const { privateKeyFile: _, ...reach } = reachOf(lab, host);
  const { error } = await converge(lab, host, made("agent"), { exact: reach, agent: socket });
  t.is(error, undefined);
  agent.kill();
  await once(agent, "close");
  const none = await converge(lab, host, made("never"), { exact: reach });
  t.regex(
    none.error?.message ?? "",
    /nothing to log in with .*set ansible_ssh_private_key_file, start an ssh-agent, or set ansible_password/,
  );
});

test.serial("hashed host keys, under the name with the port", async (t) => {
  const relay = await startRelay({ to: { host: host.address, port: 22 }, rttMs: 0 });
  const known = join(folder, "known_hosts");
  writeFileSync(known, host.hostKeys.map((key) => `[127.0.0.1]:${relay.port} ${key}\n`).join(""));
  execFileSync("ssh-keygen", ["-q", "-H", "-f", known], { stdio: "ignore" });
  t.regex(readFileSync(known, "utf8"), /^\|1\|/);
  const reach = { address: "127.0.0.1", port: relay.port, knownHostsFile: known };
  t.is((await converge(lab, host, made("hashed"), { reach })).error, undefined);
  await relay.close();
});

test.serial("nobody answers: refused at once, silent by the deadline", async (t) => {
  const refused = await converge(lab, host, made("never"), { reach: { port: 1 } });
  t.regex(refused.error?.message ?? "", /connection refused; is sshd running on that port\? \(ssh admin@.*:1\)/);
  const silent = await converge(lab, host, made("never"), {
    reach: { address: `${lab.prefix}253` },
    deadlines: { connectMs: 300 },
  });
  t.regex(silent.error?.message ?? "", /no TCP connection within 300 ms \(deadline "connect"|no route to the host/);
});

test.serial("the controller itself, without ssh", async (t) => {
  const path = join(folder, "here");
  const run = new HostRun({
    host: "localhost",
    check: false,
    run: { id: "local", who: "test" },
    deadlines: defaultDeadlines,
    connect: () =>
      connector({ home: folder, user: "root", agent: undefined }, defaultDeadlines)("localhost", {
        kind: "local",
        address: "localhost",
        port: 22,
        become: false,
      }),
    listener: quietListener,
  });
  const { changed } = await run.converge([entryOf("test", file({ path, content: "here\n" }))]);
  await run.close();
  t.true(changed);
  t.is(readFileSync(path, "utf8"), "here\n");
});
