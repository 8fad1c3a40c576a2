import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { capture } from "../../test/lab/command.ts";
import type { Peers } from "../peers.ts";
import type { Demand } from "../workload.ts";
import type { Counts, PreparedRun, Runner, Setting } from "./runner.ts";
import { writeSources } from "./sources.ts";

/**
 * Ansible with everything that is known to make it fast and needs no other program: pipelining, one connection kept
 * open for all tasks, twenty hosts at a time, no gathering of facts, no search for Python.
 */
export function ansible({ bin, collections }: Peers): Runner {
  return {
    name: "ansible",
    async prepare(setting: Setting): Promise<PreparedRun> {
      const { folder, workload, knownHostsFile } = setting;
      const sockets = join(folder, "cp");
      await mkdir(sockets, { recursive: true });
      await writeSources(folder, workload);
      const config = join(folder, "ansible.cfg");
      await writeFile(config, configOf(sockets, knownHostsFile, collections));
      const inventory = join(folder, "ansible.yaml");
      await writeFile(inventory, stringify(inventoryOf(setting)));
      const playbook = join(folder, `${workload.name}.yaml`);
      await writeFile(playbook, stringify(playbookOf(workload.demands)));
      return {
        command: [join(bin, "ansible-playbook"), "-i", inventory, playbook],
        env: { ANSIBLE_CONFIG: config },
        counts,
        after: () => closeConnections(sockets),
      };
    },
  };
}

function configOf(sockets: string, knownHostsFile: string, collections: string): string {
  return `[defaults]
forks = 20
gathering = explicit
strategy = linear
host_key_checking = True
interpreter_python = /usr/bin/python3
collections_path = ${collections}
nocows = True
retry_files_enabled = False
[connection]
pipelining = True
[ssh_connection]
pipelining = True
control_path_dir = ${sockets}
ssh_args = -o ControlMaster=auto -o ControlPersist=60s -o UserKnownHostsFile=${knownHostsFile} -o PreferredAuthentications=publickey
`;
}

function inventoryOf({ lines, user, keyFile }: Setting) {
  const vars = { ansible_user: user, ansible_ssh_private_key_file: keyFile };
  const hosts = lines.map(({ name, address, port }) => [
    name,
    { ansible_host: address, ansible_port: port, node: name },
  ]);
  return { all: { vars, hosts: Object.fromEntries(hosts) } };
}

function playbookOf(demands: readonly Demand[]) {
  const restarts = demands.flatMap((demand) =>
    demand.kind === "service" && demand.restartAfter.length > 0 ? [demand] : [],
  );
  const notify = (path: string) => {
    const units = restarts
      .filter(({ restartAfter }) => restartAfter.includes(path))
      .map(({ unit }) => `restart ${unit}`);
    return units.length > 0 ? { notify: units } : {};
  };
  const handlers = restarts.map(({ unit }) => ({
    name: `restart ${unit}`,
    "ansible.builtin.systemd_service": { name: unit, state: "restarted" },
  }));
  const tasks = demands.map((demand) => ({ ...taskOf(demand), ...("path" in demand && notify(demand.path)) }));
  return [{ hosts: "all", become: true, gather_facts: false, tasks, ...(handlers.length > 0 && { handlers }) }];
}

function taskOf(demand: Demand): Record<string, unknown> {
  switch (demand.kind) {
    case "packages":
      return { "ansible.builtin.apt": { name: demand.names, state: "present" } };
    case "directory": {
      const { kind: _, ...attributes } = demand;
      return { "ansible.builtin.file": { ...attributes, state: "directory" } };
    }
    case "file":
    case "template": {
      const { path, mode, owner, group } = demand;
      const module = demand.kind === "file" ? "ansible.builtin.copy" : "ansible.builtin.template";
      const folder = demand.kind === "file" ? "files" : "templates";
      return { [module]: { src: `${folder}${path}`, dest: path, mode, owner, group } };
    }
    case "symlink":
      return { "ansible.builtin.file": { state: "link", path: demand.path, src: demand.target, force: true } };
    case "sysctl":
      return {
        "ansible.posix.sysctl": {
          name: demand.key,
          value: demand.value,
          sysctl_file: demand.file,
          sysctl_set: true,
          reload: false,
        },
      };
    case "group":
      return { "ansible.builtin.group": { name: demand.name, gid: demand.gid } };
    case "user": {
      const { name, uid, group } = demand;
      return { "ansible.builtin.user": { name, uid, group, home: `/home/${name}`, shell: "/bin/bash" } };
    }
    case "hostsEntry":
      return { "ansible.builtin.lineinfile": { path: "/etc/hosts", line: `${demand.address}\t${demand.name}` } };
    case "service":
      return { "ansible.builtin.systemd_service": { name: demand.unit, state: "started", enabled: true } };
  }
}

/** Handlers count as tasks. */
function counts(stdout: string): readonly Counts[] {
  return [...stdout.matchAll(/^(\S+)\s+: ok=(\d+)\s+changed=(\d+)/gm)].map(([, host = "", ok, changed]) => {
    return { host, tasks: Number(ok), changed: Number(changed) };
  });
}

async function closeConnections(sockets: string): Promise<void> {
  for (const socket of await readdir(sockets)) {
    await capture("ssh", ["-O", "exit", "-o", `ControlPath=${join(sockets, socket)}`, "host"], { timeoutMs: 10_000 });
  }
}
