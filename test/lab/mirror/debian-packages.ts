import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LabError } from "../command.ts";
import { machineMirror } from "../debian-mirror.ts";
import type { Part, Workshop } from "./part.ts";

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** What a program needs from the packages it depends on is its libraries: nothing of these is ever called. */
const notNeeded = /^(adduser|base-|debconf|dpkg|gcc-|init-|libaudit|libpam|login|passwd|perl|sensible|systemd|tar$)/;

export interface DebianRecipe {
  readonly name: string;
  readonly suite: string;
  readonly packages: readonly string[];
  /** With what the packages depend on, or alone. */
  readonly dependencies: boolean;
  /** Paths taken out again: documentation and such. */
  readonly without: readonly string[];
  /** Links that the packages make as they are configured: path -> target. */
  readonly links?: Readonly<Record<string, string>>;
}

/**
 * A part with `root/`: packages of a Debian suite, unpacked and not configured. They come from where the machine's own
 * apt gets Debian; which patch level that is depends on the day, so it is no part of the recipe.
 */
export function debianPart(recipe: DebianRecipe): Part {
  return {
    name: recipe.name,
    recipe: { ...recipe, arch: process.arch },
    usesGo: false,
    build: (into, shop) => unpackPackages(recipe, into, shop),
  };
}

async function unpackPackages(recipe: DebianRecipe, into: string, { work, log }: Workshop): Promise<void> {
  if (!existsSync(keyring)) throw new LabError(`${keyring} is missing; apt install debian-archive-keyring has it`);
  const state = (name: string) => join(work, name);
  for (const dir of ["lists/partial", "cache/archives/partial", "parts", "debs"])
    mkdirSync(state(dir), { recursive: true });
  writeFileSync(state("status"), "");
  writeFileSync(state("sources.list"), `deb [signed-by=${keyring}] ${machineMirror().archive} ${recipe.suite} main\n`);
  const settings = [
    ["Dir::Etc::sourcelist", state("sources.list")],
    ["Dir::Etc::sourceparts", state("parts")],
    ["Dir::State::lists", state("lists")],
    ["Dir::State::status", state("status")],
    ["Dir::Cache", state("cache")],
    ["APT::Install-Recommends", "0"],
    ["APT::Sandbox::User", "root"],
  ].flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  const env = { ...aptEnvironment(process.env), LC_ALL: "C.UTF-8" };
  const apt = (...args: string[]) => log.run("apt-get", [...settings, "-q", ...args], { cwd: state("debs"), env });
  await apt("update");
  const names = recipe.dependencies
    ? packagesToInstall(await apt("-s", "install", ...recipe.packages)).filter((name) => !notNeeded.test(name))
    : recipe.packages;
  await apt("download", ...names);
  const root = join(into, "root");
  // A root of today has its programs in /usr only.
  for (const dir of ["bin", "sbin", "lib", "lib64"]) mkdirSync(join(root, "usr", dir), { recursive: true });
  const run = (program: string, args: readonly string[]) => log.run(program, args, { cwd: root, env });
  for (const dir of ["bin", "sbin", "lib", "lib64"]) await run("ln", ["-s", `usr/${dir}`, dir]);
  for (const deb of readdirSync(state("debs")).toSorted()) {
    const unpack = 'dpkg-deb --fsys-tarfile "$1" | tar -x --keep-directory-symlink --no-same-owner';
    await run("sh", ["-c", unpack, "unpack", join(state("debs"), deb)]);
  }
  await run("rm", ["-rf", "--", ...recipe.without]);
  for (const [path, target] of Object.entries(recipe.links ?? {})) symlinkSync(target, join(root, path));
}

/** Names of the packages in the output of `apt-get -s install`: `Inst nftables (1.1.3-1 Debian:13/stable [amd64])`. */
export function packagesToInstall(simulated: string): string[] {
  return [...simulated.matchAll(/^Inst (\S+) /gm)].map(([, name]) => name ?? "");
}

/** The proxy of the machine counts for apt too; its own settings it reads itself. */
function aptEnvironment(machine: NodeJS.ProcessEnv): Record<string, string> {
  const names = ["http_proxy", "https_proxy", "no_proxy"];
  const kept = names.flatMap((name) => (machine[name] === undefined ? [] : [[name, machine[name]] as const]));
  return { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", ...Object.fromEntries(kept) };
}
