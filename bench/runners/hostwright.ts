import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Counts, PreparedRun, Runner, Setting } from "./runner.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const bin = join(root, "node_modules", ".bin");
const playbook = join(root, "bench", "playbooks", "workload.mts");

/** As users run it: `zx playbook`, from the folder of the package; or found by `npx`, which is a process more. */
export function hostwright(name: string, command: readonly [string, ...string[]] = [join(bin, "zx")]): Runner {
  return { name, prepare: (setting) => prepare(setting, command) };
}

async function prepare(setting: Setting, command: readonly [string, ...string[]]): Promise<PreparedRun> {
  const inventory = join(setting.folder, "hostwright.yaml");
  await writeFile(inventory, JSON.stringify(inventoryOf(setting)));
  return {
    command: [...command, playbook, "--json", "--inventory", inventory],
    env: { PATH: `${bin}:${process.env.PATH}` },
    counts,
  };
}

function inventoryOf({ lines, user, keyFile, knownHostsFile, workload }: Setting) {
  const vars = {
    workload: workload.name,
    ansible_user: user,
    ansible_become: true,
    ansible_ssh_private_key_file: keyFile,
    hostwright_known_hosts_file: knownHostsFile,
  };
  const hosts = lines.map(({ name, address, port }) => [name, { ansible_host: address, ansible_port: port }]);
  return { all: { vars, hosts: Object.fromEntries(hosts) } };
}

/** The recap is the last line. */
function counts(stdout: string): readonly Counts[] {
  const recap: { hosts: Record<string, { ok: number; changed: number }> } = JSON.parse(
    stdout.trim().split("\n").at(-1) ?? "",
  );
  return Object.entries(recap.hosts).map(([host, { ok, changed }]) => ({ host, tasks: ok + changed, changed }));
}
