import { existsSync, readdirSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { capture, run } from "../test/lab/command.ts";

/** The runners that are compared with, in a folder of their own. */
export interface Peers {
  readonly bin: string;
  /** Where Ansible finds ansible.posix, which has the module for kernel parameters. */
  readonly collections: string;
  readonly versions: { readonly ansible: string; readonly pyinfra: string; readonly python: string };
}

const FOLDER = "/var/cache/hostwright/bench";

/** Versions, by the oldest Python that takes them; `ansible` is only the carrier of the collection. */
const PINS = [
  { python: 12, ansibleCore: "2.21.5", ansible: "14.5.0", pyinfra: "3.10.0" },
  { python: 11, ansibleCore: "2.19.14", ansible: "12.3.0", pyinfra: "3.10.0" },
] as const;

const COLLECTION = "ansible_collections/ansible/posix";

/**
 * Ansible and pyinfra from PyPI, installed at the first use: with the newest Python of this machine, Debian's own where
 * there is no other.
 *
 * @throws Error where Python is too old, or cannot make environments and apt cannot help
 */
export async function ensurePeers(tell: (line: string) => void): Promise<Peers> {
  const { python, minor, version } = await newestPython(tell);
  const pins = PINS.find((each) => minor >= each.python);
  if (!pins) throw new Error(`Python is ${version}, has to be 3.11 or newer for the runners that are compared with`);
  const folder = join(FOLDER, `python-${version}-ansible-${pins.ansibleCore}-pyinfra-${pins.pyinfra}`);
  const peers: Peers = {
    bin: join(folder, "bin"),
    collections: join(folder, "collections"),
    versions: { ansible: pins.ansibleCore, pyinfra: pins.pyinfra, python: version },
  };
  if (existsSync(join(folder, "complete"))) return peers;
  tell(`installing ansible-core ${pins.ansibleCore} and pyinfra ${pins.pyinfra} (Python ${version}) …`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await run(python, ["-m", "venv", folder]);
  const pip = join(folder, "bin", "pip");
  await run(pip, ["install", "-q", `ansible-core==${pins.ansibleCore}`, `pyinfra==${pins.pyinfra}`]);
  await installCollection(pip, pins.ansible, folder);
  await writeFile(join(folder, "complete"), "");
  return peers;
}

/** The collection comes with the package `ansible`, of which nothing else is needed. */
async function installCollection(pip: string, version: string, folder: string): Promise<void> {
  const download = join(folder, "download");
  await run(pip, ["download", "-q", "--no-deps", "-d", download, `ansible==${version}`]);
  const [wheel = ""] = readdirSync(download);
  await mkdir(join(folder, "collections"), { recursive: true });
  await run(join(folder, "bin", "python"), [
    "-c",
    "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); " +
      "z.extractall(sys.argv[2], [n for n in z.namelist() if n.startswith(sys.argv[3])])",
    join(download, wheel),
    join(folder, "collections"),
    `${COLLECTION}/`,
  ]);
  await rm(download, { recursive: true });
}

async function newestPython(tell: (line: string) => void): Promise<{ python: string; minor: number; version: string }> {
  const pyenv = join(homedir(), ".pyenv", "versions");
  const installed = existsSync(pyenv) ? readdirSync(pyenv).map((name) => join(pyenv, name, "bin", "python3")) : [];
  const found = [];
  for (const python of ["python3.14", "python3.13", "python3.12", ...installed, "/usr/bin/python3"]) {
    const version = await versionOf(python);
    if (version) found.push({ python, version, minor: Number(version.split(".")[1]) });
  }
  const newest = found.sort((a, b) => b.minor - a.minor)[0];
  if (newest) return newest;
  tell("installing python3-venv …");
  await run("apt-get", ["-qy", "install", "--no-install-recommends", "python3-venv"]);
  const version = await versionOf("/usr/bin/python3");
  if (version) return { python: "/usr/bin/python3", version, minor: Number(version.split(".")[1]) };
  throw new Error("there is no Python 3 that can make environments (python3-venv)");
}

/** Undefined where it is not there, or cannot make environments. */
async function versionOf(python: string): Promise<string | undefined> {
  const script = "import sys, venv, ensurepip; print('.'.join(map(str, sys.version_info[:3])))";
  const { code, stdout } = await capture(python, ["-c", script]).catch(() => ({ code: 1, stdout: "" }));
  return code === 0 ? stdout.trim() : undefined;
}
