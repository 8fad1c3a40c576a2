import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Peers } from "../peers.ts";
import type { Demand } from "../workload.ts";
import type { Counts, PreparedRun, Runner, Setting } from "./runner.ts";
import { writeSources } from "./sources.ts";

/** pyinfra with `--yes`, which leaves out the round of questions for its preview; all hosts at a time by itself. */
export function pyinfra({ bin }: Peers): Runner {
  return {
    name: "pyinfra",
    async prepare(setting: Setting): Promise<PreparedRun> {
      const { folder, workload } = setting;
      await writeSources(folder, workload);
      const inventory = join(folder, "pyinfra_hosts.py");
      await writeFile(inventory, inventoryText(setting));
      const deploy = join(folder, `deploy_${workload.name}.py`);
      await writeFile(deploy, deployText(workload.demands));
      return {
        command: [join(bin, "pyinfra"), "--yes", "--json", "--chdir", folder, inventory, deploy],
        env: {},
        counts,
      };
    },
  };
}

function inventoryText({ lines, user, keyFile, knownHostsFile }: Setting): string {
  const common = {
    ssh_user: user,
    ssh_key: keyFile,
    ssh_known_hosts_file: knownHostsFile,
    ssh_strict_host_key_checking: "yes",
    ssh_allow_agent: false,
    ssh_look_for_keys: false,
  };
  const hosts = lines.map(({ name, address, port }) => {
    return `    (${py(name)}, ${py({ ...common, ssh_hostname: address, ssh_port: port, node: name })}),`;
  });
  return `hosts = [\n${hosts.join("\n")}\n]\n`;
}

function deployText(demands: readonly Demand[]): string {
  return `from pyinfra import config, host
from pyinfra.operations import apt, files, server, systemd
from pyinfra.operations.util import any_changed

config.SUDO = True
done = {}

${demands.map(operation).join("\n")}
`;
}

function operation(demand: Demand): string {
  switch (demand.kind) {
    case "packages":
      return call("apt.packages", { packages: demand.names });
    case "directory":
      return call("files.directory", { path: demand.path, ...attributes(demand) });
    case "file":
      return kept(
        demand.path,
        call("files.put", { src: `files${demand.path}`, dest: demand.path, ...attributes(demand) }),
      );
    case "template": {
      const args = { src: `templates${demand.path}`, dest: demand.path, ...attributes(demand) };
      return kept(demand.path, call("files.template", args, "node=host.data.node"));
    }
    case "symlink":
      return call("files.link", { path: demand.path, target: demand.target });
    case "sysctl":
      return call("server.sysctl", { key: demand.key, value: demand.value, persist: true, persist_file: demand.file });
    case "group":
      return call("server.group", { group: demand.name, gid: demand.gid });
    case "user": {
      const { name, uid, group } = demand;
      const home = { home: `/home/${name}`, create_home: true, ensure_home: false };
      return call("server.user", { user: name, uid, group, shell: "/bin/bash", ...home });
    }
    case "hostsEntry":
      return call("files.line", { path: "/etc/hosts", line: `${demand.address}\t${demand.name}` });
    case "service": {
      const running = call("systemd.service", { service: demand.unit, running: true, enabled: true });
      if (demand.restartAfter.length === 0) return running;
      const condition = `any_changed(${demand.restartAfter.map((path) => `done[${py(path)}]`).join(", ")})`;
      return `${running}\n${call("systemd.service", { service: demand.unit, restarted: true }, `_if=${condition}`)}`;
    }
  }
}

function attributes({ mode, owner, group }: { mode: string; owner: string; group: string }) {
  return { mode: mode.slice(1), user: owner, group };
}

function kept(path: string, operation: string): string {
  return `done[${py(path)}] = ${operation}`;
}

function call(name: string, args: Readonly<Record<string, unknown>>, ...more: readonly string[]): string {
  const words = Object.entries(args).map(([key, value]) => `${key}=${py(value)}`);
  return `${name}(${[...words, ...more].join(", ")})`;
}

/** JSON is Python, except for these words; none of them stands in a text here. */
function py(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll(/\btrue\b/g, "True")
    .replaceAll(/\bfalse\b/g, "False");
}

interface Results {
  readonly operations: readonly {
    readonly success: readonly string[];
    readonly no_change: readonly string[];
    readonly error: readonly string[];
  }[];
}

function counts(stdout: string): readonly Counts[] {
  const { operations } = (JSON.parse(stdout) as { results: Results }).results;
  const byHost = new Map<string, { tasks: number; changed: number }>();
  for (const { success, no_change, error } of operations) {
    if (error.length > 0) throw new Error(`pyinfra reports errors: ${stdout}`);
    for (const host of [...success, ...no_change]) {
      const { tasks, changed } = byHost.get(host) ?? { tasks: 0, changed: 0 };
      byHost.set(host, { tasks: tasks + 1, changed: changed + (success.includes(host) ? 1 : 0) });
    }
  }
  return [...byHost].map(([host, each]) => ({ host, ...each }));
}
