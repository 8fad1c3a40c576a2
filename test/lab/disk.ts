import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { capture, run } from "./command.ts";
import { networkOf } from "./network.ts";
import { hostPaths, labPaths, stateDir } from "./paths.ts";
import { admin, operator } from "./recipe.ts";
import { addressOf, type HostState, type LabState } from "./state.ts";

/** Directories that must not lie on an overlay: containerd lays overlays of its own, etcd wants a real fsync. */
export const realDirectories = ["/var/lib/containerd", "/var/lib/kubelet", "/var/lib/etcd"];

const root = { uid: 0, gid: 0 };

/** Whether hosts can be laid over the cached root: not if the state directory is itself on an overlay, say. */
export async function overlayWorks(cachedRoot: string): Promise<boolean> {
  const probe = join(stateDir, ".probe");
  rmSync(probe, { recursive: true, force: true });
  for (const part of ["upper", "work", "root"]) mkdirSync(join(probe, part), { recursive: true });
  const options = `lowerdir=${cachedRoot},upperdir=${probe}/upper,workdir=${probe}/work`;
  const script = 'mount -t overlay overlay -o "$1" "$2" && : > "$2/etc/probe"';
  const args = ["--mount", "sh", "-c", script, "probe", options, join(probe, "root")];
  const { code } = await capture("unshare", args);
  rmSync(probe, { recursive: true, force: true });
  return code === 0;
}

/** A fresh disk, unless the host has one: all that tells it from its neighbours is written here. */
export async function makeDisk(state: LabState, host: HostState): Promise<void> {
  const paths = hostPaths(state.name, host.name);
  if (existsSync(paths.upper)) return;
  rmSync(`${paths.upper}.new`, { recursive: true, force: true });
  for (const dir of [paths.work, paths.mount]) mkdirSync(dir, { recursive: true });
  for (const dir of realDirectories) mkdirSync(dataDirectory(paths.data, dir), { recursive: true });
  if (state.disk === "copy") await run("cp", ["-a", "--reflink=auto", host.root, `${paths.upper}.new`]);
  const place = placer(`${paths.upper}.new`);
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
  await makeHostKeys(paths.hostKeys, host.name);
  for (const file of readdirSync(paths.hostKeys))
    place(`/etc/ssh/${file}`, readFileSync(join(paths.hostKeys, file), "utf8"), {
      mode: file.endsWith(".pub") ? 0o644 : 0o600,
    });
  await run("mv", [`${paths.upper}.new`, paths.upper]);
}

/** Everything the host has written is gone; its sshd keys stay, so known_hosts stays right. */
export function dropDisk(lab: string, host: string): void {
  const paths = hostPaths(lab, host);
  for (const dir of [paths.upper, paths.work, paths.data]) rmSync(dir, { recursive: true, force: true });
}

/** Where a real directory of the host lies on the machine. */
export function dataDirectory(data: string, path: string): string {
  return join(data, path.replaceAll("/", "_").slice(1));
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

async function makeHostKeys(dir: string, host: string): Promise<void> {
  if (existsSync(dir)) return;
  mkdirSync(`${dir}.new`, { recursive: true });
  for (const type of ["ed25519", "ecdsa"]) {
    const file = join(`${dir}.new`, `ssh_host_${type}_key`);
    rmSync(file, { force: true });
    await run("ssh-keygen", ["-q", "-t", type, "-N", "", "-C", `root@${host}`, "-f", file]);
  }
  await run("mv", [`${dir}.new`, dir]);
}

function networkFile(address: string, gateway: string): string {
  return `[Match]\nName=host0\n\n[Network]\nAddress=${address}/24\nGateway=${gateway}\nLinkLocalAddressing=no\n`;
}

function aptProxyFile(aptProxy: string, gateway: string): string {
  return [
    `Acquire::http::Proxy "${aptProxy}";`,
    `Acquire::http::Proxy::${gateway} "DIRECT";`,
    'Acquire::https::Proxy "DIRECT";',
    "",
  ].join("\n");
}
