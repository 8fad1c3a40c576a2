import { createHash } from "node:crypto";
import { quote } from "../lib/shell/quote.ts";
import type { LabHost } from "../test/lab/host.ts";
import { type Demand, FIRST_RUN, type Workload, workloads } from "./workload.ts";

/** Gives hosts the services that workloads demand: no runner brings them. */
export async function installServices(hosts: readonly LabHost[]): Promise<void> {
  const units = new Set(workloads.flatMap(({ demands }) => unitsOf(demands)));
  const files = [...units].map((unit) => `printf %s ${quote(unitText(unit))} >/etc/systemd/system/${unit}`);
  const names = [...units].join(" ");
  const start = `systemctl daemon-reload; systemctl --quiet enable ${names}; systemctl restart ${names}`;
  await onEach(hosts, (host) => insist(host, `${files.join("\n")}\n${start}`));
}

/** Python's binding to apt, which Ansible's module would otherwise install by itself at its first run. */
export async function installAptForPython(hosts: readonly LabHost[]): Promise<void> {
  const install = "apt-get -q update && apt-get -qy install --no-install-recommends python3-apt";
  await onEach(hosts, (host) => insist(host, `dpkg -s python3-apt >/dev/null 2>&1 || { ${install}; } >&2`));
}

function unitsOf(demands: readonly Demand[]): readonly string[] {
  return demands.flatMap((demand) => (demand.kind === "service" ? [demand.unit] : []));
}

/**
 * A service that tells when it is ready, as haproxy does. Its own process tells it: a word from systemd-notify is lost
 * when that has ended before systemd looks whose it was, and the start then waits for its time-out.
 */
function unitText(unit: string): string {
  const ready = "socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'READY=1', os.environ['NOTIFY_SOCKET'])";
  return `[Unit]
Description=Benchmark: ${unit}

[Service]
Type=notify
ExecStart=/usr/bin/python3 -c "import os, socket; ${ready}; os.execvp('sleep', ['sleep', 'infinity'])"

[Install]
WantedBy=multi-user.target
`;
}

/** Puts hosts back to before the changing workload: its files are gone, its services were started without them. */
export async function beforeFirstRun(hosts: readonly LabHost[]): Promise<void> {
  const sysctls = FIRST_RUN.sysctls.map(([key, value]) => `sysctl -qw ${key}=${value}`).join("; ");
  const units = workloads.filter(({ kind }) => kind === "changing").flatMap(({ demands }) => unitsOf(demands));
  const remove = `rm -rf ${FIRST_RUN.directory} ${FIRST_RUN.sysctlFile}`;
  const script = `${remove}; ${sysctls}; systemctl restart ${units.join(" ")}`;
  await onEach(hosts, (host) => insist(host, script));
}

/** What a host is like where a workload looks at it. */
export interface HostState {
  /** All that is demanded: contents, owners, modes, links, packages, accounts, parameters, services. */
  readonly demanded: string;
  /** What any change alters as well: inodes, times of change, when the services were started. */
  readonly touched: string;
  /** When each service was started, by systemd's identifier of that start. */
  readonly invocations: readonly string[];
}

export async function stateOf(hosts: readonly LabHost[], { demands }: Workload): Promise<readonly HostState[]> {
  const script = stateScript(demands);
  return onEach(hosts, async (host) => {
    const [demanded = "", touched = "", invocations = ""] = (await insist(host, script)).split("\f\n");
    return { demanded, touched: digest(touched), invocations: invocations.trim().split("\n") };
  });
}

function stateScript(demands: readonly Demand[]): string {
  const paths: string[] = [];
  const content: string[] = [];
  const links: string[] = [];
  const lines: string[] = [];
  const units: string[] = [];
  const sysctlFiles = new Set<string>();
  for (const demand of demands) {
    switch (demand.kind) {
      case "packages":
        lines.push(`dpkg-query -W -f '\${Package} \${db:Status-Status}\\n' ${demand.names.join(" ")}`);
        break;
      case "directory":
        paths.push(demand.path);
        break;
      case "file":
      case "template":
        paths.push(demand.path);
        content.push(demand.path);
        break;
      case "symlink":
        paths.push(demand.path);
        links.push(demand.path);
        break;
      case "sysctl":
        lines.push(`sysctl ${demand.key}`);
        sysctlFiles.add(demand.file);
        break;
      case "group":
        lines.push(`getent group ${demand.name}`);
        break;
      case "user":
        lines.push(`getent passwd ${demand.name}; id ${demand.name}; stat -c '%n %U %F' /home/${demand.name}`);
        break;
      case "hostsEntry":
        lines.push(`grep -c '^${demand.address}[[:space:]]${demand.name}$' /etc/hosts`);
        break;
      case "service":
        units.push(demand.unit);
    }
  }
  // Runners write "key = value" with or without spaces, and comments or none: the file says the same.
  const saved = [...sysctlFiles].map(
    (file) => `sed -n 's/[[:space:]]*=[[:space:]]*/=/p' ${file} | grep -v '^#' | sort`,
  );
  const shared = ["/etc/hosts", "/etc/passwd", "/etc/group", "/etc/shadow", "/var/lib/dpkg/status", ...sysctlFiles];
  return `
stat -c '%n %F %a %U %G' ${paths.join(" ")} 2>&1
sha256sum ${content.join(" ")} 2>&1
${links.length > 0 ? `readlink -v ${links.join(" ")}` : ""}
${lines.join("\n")}
${saved.join("\n")}
${units.map((unit) => `echo ${unit} $(systemctl is-enabled ${unit}) $(systemctl is-active ${unit})`).join("\n")}
printf '\\f\\n'
stat -c '%n %i %Y %Z' ${[...paths, ...shared].join(" ")} 2>&1
printf '\\f\\n'
systemctl show --value -p InvocationID ${units.join(" ")} | sed '/^$/d'
`;
}

function onEach<T>(hosts: readonly LabHost[], work: (host: LabHost) => Promise<T>): Promise<readonly T[]> {
  return Promise.all(hosts.map(work));
}

async function insist(host: LabHost, script: string): Promise<string> {
  const { code, stdout, stderr } = await host.exec(script, { timeoutMs: 300_000 });
  if (code !== 0) throw new Error(`${host.name}: exit ${code}: ${stderr}`);
  return stdout;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
