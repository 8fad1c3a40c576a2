/** What a run demands of a host, in no runner's words. Each of them gets the same list, translated. */
export type Demand =
  | { readonly kind: "packages"; readonly names: readonly [string, ...string[]] }
  | ({ readonly kind: "directory" } & Attributes)
  | ({ readonly kind: "file"; readonly content: string } & Attributes)
  /** `{{ node }}` in the text is the host's name. */
  | ({ readonly kind: "template"; readonly text: string } & Attributes)
  | { readonly kind: "symlink"; readonly path: string; readonly target: string }
  | { readonly kind: "sysctl"; readonly key: string; readonly value: string; readonly file: string }
  | { readonly kind: "group"; readonly name: string; readonly gid: number }
  | { readonly kind: "user"; readonly name: string; readonly uid: number; readonly group: string }
  | { readonly kind: "hostsEntry"; readonly address: string; readonly name: string }
  | Service;

/** Enabled and running, and restarted when one of the files has changed. */
export interface Service {
  readonly kind: "service";
  readonly unit: string;
  readonly restartAfter: readonly string[];
}

export interface Attributes {
  readonly path: string;
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
}

export type DemandOf<K extends Demand["kind"]> = Extract<Demand, { kind: K }>;

export interface Workload {
  readonly name: "A" | "B" | "C";
  readonly title: string;
  /** `converged`: nothing is to be done. `changing`: everything is. */
  readonly kind: "converged" | "changing";
  readonly demands: readonly Demand[];
}

/** Packages of the hosts' root, so that nothing is downloaded. */
const PACKAGES = [
  ["curl", "ca-certificates"],
  ["gnupg"],
  ["iproute2", "iputils-ping"],
  ["kmod"],
  ["procps", "sudo"],
  ["dbus"],
] as const;

/** Each network namespace has its own of these, so that hosts on one kernel do not share them. */
const SYSCTLS = [
  ["net.ipv4.ip_forward", "1"],
  ["net.ipv4.tcp_keepalive_time", "600"],
  ["net.ipv4.tcp_fin_timeout", "30"],
  ["net.ipv4.tcp_keepalive_intvl", "30"],
  ["net.ipv4.tcp_keepalive_probes", "5"],
  ["net.ipv4.tcp_syn_retries", "4"],
  ["net.ipv4.tcp_retries2", "12"],
  ["net.ipv4.tcp_orphan_retries", "3"],
] as const;

const SYSCTL_FILE = "/etc/sysctl.d/90-bench.conf";

/** Twenty demands as a role for some service has them; `at` makes each time others of the same mix. */
function role(at: number): readonly Demand[] {
  const name = `app${at + 1}`;
  const root = { owner: "root", group: "root" };
  const etc = (file: string) => ({ path: `/etc/${name}/${file}`, mode: "0644", ...root });
  return [
    ...pairOf(PACKAGES, at).map((names) => ({ kind: "packages", names }) as const),
    { kind: "group", name, gid: 3001 + at },
    { kind: "user", name, uid: 3001 + at, group: name },
    { kind: "directory", path: `/etc/${name}`, mode: "0755", ...root },
    { kind: "directory", path: `/var/lib/${name}`, mode: "0750", owner: name, group: name },
    { kind: "file", ...etc("defaults.conf"), content: configText(`${name} defaults`, 20) },
    { kind: "file", ...etc("limits.conf"), content: configText(`${name} limits`, 8) },
    { kind: "file", ...etc("log.conf"), mode: "0640", group: name, content: configText(`${name} log`, 12) },
    { kind: "file", path: `/usr/local/bin/${name}`, mode: "0755", ...root, content: scriptText(name) },
    { kind: "template", ...etc(`${name}.conf`), text: configText("{{ node }}", 30) },
    { kind: "template", ...etc("peers.conf"), text: configText("peers of {{ node }}", 10) },
    { kind: "template", ...etc("listen.conf"), text: configText("{{ node }} listens", 6) },
    { kind: "template", ...etc("env"), mode: "0600", text: "NODE={{ node }}\nNODE_URL=http://{{ node }}:8080/\n" },
    { kind: "symlink", path: `/etc/${name}/current`, target: `${name}.conf` },
    ...pairOf(SYSCTLS, at).map(([key, value]) => ({ kind: "sysctl", key, value, file: SYSCTL_FILE }) as const),
    { kind: "hostsEntry", address: `10.77.0.${at + 1}`, name: `${name}.internal` },
    { kind: "service", unit: `bench-${name}-server.service`, restartAfter: [] },
    { kind: "service", unit: `bench-${name}-agent.service`, restartAfter: [] },
  ];
}

/** A first run: ten files, five templates, two kernel parameters, and two services that read some of the files. */
function firstRun(): readonly Demand[] {
  const root = { owner: "root", group: "root" };
  const path = (file: string) => `/etc/benchc/${file}`;
  const unit = (letter: string) => ({ kind: "service", unit: `bench-c${letter}.service` }) as const;
  return [
    { kind: "directory", path: "/etc/benchc", mode: "0755", ...root },
    ...numbers(10).map((n): Demand => {
      const content = configText(`part ${n}`, 10 + n);
      return { kind: "file", path: path(`part-${n}.conf`), mode: n % 3 === 0 ? "0640" : "0644", ...root, content };
    }),
    ...numbers(5).map((n): Demand => {
      return { kind: "template", path: path(`node-${n}.conf`), mode: "0644", ...root, text: nodeText(n) };
    }),
    ...pairOf(SYSCTLS, 3).map(([key, value]): Demand => ({ kind: "sysctl", key, value, file: FIRST_RUN.sysctlFile })),
    { ...unit("a"), restartAfter: [path("part-1.conf"), path("node-1.conf")] },
    { ...unit("b"), restartAfter: [path("part-2.conf"), path("node-2.conf")] },
  ];
}

/** Where the changing workload writes, and what its kernel parameters are before it. */
export const FIRST_RUN = {
  directory: "/etc/benchc",
  sysctlFile: "/etc/sysctl.d/91-benchc.conf",
  sysctls: [
    ["net.ipv4.tcp_retries2", "15"],
    ["net.ipv4.tcp_orphan_retries", "0"],
  ],
} as const;

export const workloads: readonly Workload[] = [
  { name: "A", title: "20 converged tasks", kind: "converged", demands: role(0) },
  { name: "B", title: "60 converged tasks", kind: "converged", demands: [0, 1, 2].flatMap(role) },
  { name: "C", title: "a first run of 20 tasks that all change", kind: "changing", demands: firstRun() },
];

/** @throws Error for a name that no workload has */
export function workloadOf(name: string): Workload {
  const found = workloads.find((workload) => workload.name === name);
  if (found) return found;
  throw new Error(`there is no workload ${name}; there are ${workloads.map((each) => each.name).join(", ")}`);
}

/** What a template's text is on a host. */
export function renderText(text: string, node: string): string {
  return text.replaceAll("{{ node }}", node);
}

function configText(title: string, lines: number): string {
  const body = numbers(lines).map((n) => `setting_${n} = value ${n * 7} of ${title}`);
  return `# ${title}\n${body.join("\n")}\n`;
}

function nodeText(at: number): string {
  return `# {{ node }}, ${at}\n${numbers(15 + at)
    .map((n) => `server {{ node }}-${n} weight ${n}\n`)
    .join("")}`;
}

function scriptText(name: string): string {
  return `#!/bin/sh\n# Looks after ${name}.\nset -eu\n. /etc/${name}/env\nexec curl -fsS "$NODE_URL/healthz"\n`;
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

function pairOf<T>(all: readonly T[], at: number): readonly T[] {
  return all.slice(2 * at, 2 * at + 2);
}
