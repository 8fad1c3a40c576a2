import { randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { run } from "./command.ts";
import { networkOf } from "./network.ts";
import { hostPaths, labPaths } from "./paths.ts";
import { admin, operator } from "./recipe.ts";
import { addressOf, type HostState, type LabState } from "./state.ts";

const root = { uid: 0, gid: 0 };

/** Writes into a fresh disk all that tells a host from its neighbours. */
export async function placeIdentity(disk: string, state: LabState, host: HostState): Promise<void> {
  const place = placer(disk);
  const { gateway } = networkOf(state.index);
  place("/etc/hostname", `${host.name}\n`);
  place("/etc/hosts", `127.0.0.1 localhost\n127.0.1.1 ${host.name}\n::1 localhost ip6-localhost ip6-loopback\n`);
  place("/etc/machine-id", `${randomBytes(16).toString("hex")}\n`, { mode: 0o444 });
  // Not 127.0.0.1: CoreDNS would ask itself. Nobody answers at the gateway, which refuses at once.
  place("/etc/resolv.conf", `nameserver ${gateway}\n`);
  // Has to sort before the 80-container-host0.network that systemd brings.
  place("/etc/systemd/network/10-host0.network", networkFile(addressOf(state, host), gateway));
  place("/etc/apt/apt.conf.d/01proxy", aptProxyFile(state.aptProxy, gateway));

  const key = readFileSync(`${labPaths(state.name).key}.pub`, "utf8");
  for (const [home, owner] of homes) {
    place.directory(home, { mode: 0o700, owner });
    place.directory(`${home}/.ssh`, { mode: 0o700, owner });
    place(`${home}/.ssh/authorized_keys`, key, { mode: 0o600, owner });
  }
  await makeHostKeys(state.name, host.name);
  const { hostKeys } = hostPaths(state.name, host.name);
  for (const file of readdirSync(hostKeys))
    place(`/etc/ssh/${file}`, readFileSync(join(hostKeys, file), "utf8"), {
      mode: file.endsWith(".pub") ? 0o644 : 0o600,
    });
}

/** sshd's keys of a host, unless it has them: they outlive its disks. For whoever holds the host's lock. */
export async function makeHostKeys(lab: string, host: string): Promise<void> {
  const dir = hostPaths(lab, host).hostKeys;
  if (existsSync(dir)) return;
  rmSync(`${dir}.new`, { recursive: true, force: true });
  mkdirSync(`${dir}.new`, { recursive: true });
  for (const type of ["ed25519", "ecdsa"]) {
    const file = join(`${dir}.new`, `ssh_host_${type}_key`);
    await run("ssh-keygen", ["-q", "-t", type, "-N", "", "-C", `root@${host}`, "-f", file]);
  }
  renameSync(`${dir}.new`, dir);
}

const homes = [
  ["/root", root],
  [`/home/${admin.name}`, admin],
  [`/home/${operator.name}`, operator],
] as const;

interface Attributes {
  readonly mode?: number;
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/** Writes below a directory. A directory made in an overlay's upper half hides the attributes of the one below. */
function placer(base: string) {
  const finish = (path: string, { mode = 0o644, owner = root }: Attributes) => {
    chmodSync(path, mode);
    chownSync(path, owner.uid, owner.gid);
  };
  const place = (path: string, content: string, attributes: Attributes = {}) => {
    mkdirSync(dirname(join(base, path)), { recursive: true });
    rmSync(join(base, path), { force: true });
    writeFileSync(join(base, path), content);
    finish(join(base, path), attributes);
  };
  place.directory = (path: string, attributes: Attributes) => {
    mkdirSync(join(base, path), { recursive: true });
    finish(join(base, path), attributes);
  };
  return place;
}

function networkFile(address: string, gateway: string): string {
  return `[Match]\nName=host0\n\n[Network]\nAddress=${address}/24\nGateway=${gateway}\nLinkLocalAddressing=no\n`;
}

function aptProxyFile(aptProxy: string, gateway: string): string {
  return [
    `Acquire::http::Proxy "${aptProxy}";`,
    `Acquire::http::Proxy::${gateway} "DIRECT";`,
    `Acquire::http::Proxy::${new URL(aptProxy).hostname} "DIRECT";`,
    'Acquire::https::Proxy "DIRECT";',
    "",
  ].join("\n");
}
