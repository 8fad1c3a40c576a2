import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { run } from "../test/lab/command.ts";
import { ensureLab, type Lab, removeLab } from "../test/lab/lab.ts";
import { benchCluster, clusterUsage } from "./cluster/index.ts";
import { clusterSection, withClusterSection } from "./cluster/report.ts";
import { describeMachine } from "./machine.ts";
import { type Entry, type Group, measure, type Row } from "./measure.ts";
import { ensurePeers } from "./peers.ts";
import { documentOf, type Report, terminalTable } from "./report.ts";
import { ansible } from "./runners/ansible.ts";
import { hostwright } from "./runners/hostwright.ts";
import { pyinfra } from "./runners/pyinfra.ts";
import { type Line, type Runner, timed } from "./runners/runner.ts";
import { installAptForPython, installServices } from "./state.ts";
import { ANSIBLE, judge, OURS } from "./targets.ts";
import { type Workload, workloadOf, workloads } from "./workload.ts";

const usage = `Compares Hostwright with Ansible and pyinfra on throw-away hosts.

  npm run bench                     all of it, about half an hour; writes docs/benchmark.md
  npm run bench -- --only A --rtt 0 --repeats 1

  --repeats N     runs of Hostwright in each row (5); the others have three at most, slow ones two
  --only A,B,C    workloads
  --hosts 3,12    numbers of hosts; more than 3 only with A
  --rtt 0,50      round-trip times in ms
  --peers NAMES   ansible,pyinfra unless told; "" for none
  --json          the measurements as one line of JSON, on stdout
  --keep          leave the hosts up
  --no-build      take dist/ as it is
${clusterUsage}`;

const root = fileURLToPath(new URL("..", import.meta.url));
const document = join(root, "docs", "benchmark.md");
const LAB = "bench";

const tell = (line: string) => void process.stderr.write(`${line}\n`);

interface Options {
  readonly repeats: number;
  readonly workloads: readonly Workload[];
  readonly hosts: readonly number[];
  readonly rtts: readonly number[];
  readonly peers: readonly string[];
  readonly json: boolean;
  readonly keep: boolean;
  readonly build: boolean;
  /** Everything is measured, so that the page of the documentation can be written. */
  readonly whole: boolean;
}

function optionsOf(argv: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...argv],
    allowNegative: true,
    options: {
      repeats: { type: "string", default: "5" },
      only: { type: "string", default: workloads.map(({ name }) => name).join() },
      hosts: { type: "string", default: "3,12" },
      rtt: { type: "string", default: "0,50" },
      peers: { type: "string", default: "ansible,pyinfra" },
      json: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      build: { type: "boolean", default: true },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  const options = {
    repeats: wholeNumbers(values.repeats)[0] ?? 5,
    workloads: words(values.only).map((name) => workloadOf(name.toUpperCase())),
    hosts: wholeNumbers(values.hosts),
    rtts: wholeNumbers(values.rtt),
    peers: words(values.peers),
  };
  const whole = options.workloads.length === workloads.length && values.hosts === "3,12" && values.rtt === "0,50";
  const { json, keep, build } = values;
  return { ...options, json, keep, build, whole: whole && options.peers.length === 2 };
}

function words(text: string): readonly string[] {
  return text.split(",").filter((word) => word !== "");
}

function wholeNumbers(text: string): readonly number[] {
  return words(text).map((word) => {
    if (/^\d+$/.test(word)) return Number(word);
    throw new Error(`${JSON.stringify(word)} is not a whole number`);
  });
}

async function bench(options: Options): Promise<Report> {
  if (options.build) await run("npm", ["run", "build", "--prefix", root]);
  const peers = await ensurePeers(tell);
  const date = new Date().toISOString().slice(0, 10);
  const machine = describeMachine();
  const { version } = (await import("../package.json", { with: { type: "json" } })).default;
  const versions = {
    hostwright: version,
    node: process.versions.node,
    "ansible-core": peers.versions.ansible,
    pyinfra: peers.versions.pyinfra,
    python: peers.versions.python,
  };
  const runners = {
    ours: hostwright(OURS),
    npx: hostwright("hostwright by npx", ["npx", "zx"]),
    peers: [ansible(peers), pyinfra(peers)].filter(({ name }) => options.peers.includes(name)),
  };
  const folder = await mkdtemp(join(tmpdir(), "hostwright-bench-"));
  const rows: Row[] = [];
  try {
    for (const hosts of options.hosts) {
      tell(`booting ${hosts} hosts and preparing them …`);
      const lab = await ensureLab({ name: LAB, hosts });
      await installServices(lab.hosts);
      await installAptForPython(lab.hosts);
      const chosen = options.workloads.filter(({ name }) => hosts <= 3 || name === "A");
      const entries = chosen.map((workload) => entryOf(workload, hosts, runners, options.repeats));
      if (entries.length === 0) continue;
      await convergeFirst(lab, hosts, folder, runners.ours, entries);
      for (const rttMs of options.rtts) {
        rows.push(...(await withLine(lab, hosts, rttMs, folder, (group) => measure({ ...group, entries }, tell))));
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
    if (!options.keep) await removeLab(LAB);
  }
  return { date, machine, loadAfter: loadavg()[0] ?? 0, versions, rows, verdicts: judge(rows) };
}

interface Runners {
  readonly ours: Runner;
  readonly npx: Runner;
  readonly peers: readonly Runner[];
}

function entryOf(workload: Workload, hosts: number, { ours, npx, peers }: Runners, repeats: number): Entry {
  const most = (runner: Runner) => (runner.name === ANSIBLE && (hosts > 3 || workload.name === "B") ? 2 : 3);
  return {
    workload,
    runners: [
      { runner: ours, repeats },
      ...peers.map((runner) => ({ runner, repeats: Math.min(repeats, most(runner)) })),
      ...(workload.name === "A" && hosts === 3 ? [{ runner: npx, repeats: Math.min(repeats, 3) }] : []),
    ],
  };
}

/** Makes the hosts what the converged workloads then find. */
async function convergeFirst(lab: Lab, hosts: number, parent: string, runner: Runner, entries: readonly Entry[]) {
  await withLine(lab, hosts, 0, parent, async ({ lines, knownHostsFile, folder }) => {
    for (const { workload } of entries) {
      if (workload.kind !== "converged") continue;
      const { keyFile } = lab;
      const { user } = lab.host("node-1");
      await timed(await runner.prepare({ workload, lines, user, keyFile, knownHostsFile, folder }));
    }
  });
}

/** Hosts directly, or through one relay for all that makes every line longer. */
async function withLine<T>(
  lab: Lab,
  hosts: number,
  rttMs: number,
  parent: string,
  work: (group: Omit<Group, "entries">) => Promise<T>,
): Promise<T> {
  const folder = join(parent, `${hosts}-${rttMs}`);
  await mkdir(folder, { recursive: true });
  const used = lab.hosts.slice(0, hosts);
  const direct: readonly Line[] = used.map(({ name, address }) => ({ name, address, port: 22 }));
  if (rttMs === 0) return work({ lab, lines: direct, rttMs, knownHostsFile: lab.knownHostsFile, folder });
  const { relay, lines } = await startRelays(direct, rttMs);
  try {
    const knownHostsFile = join(folder, "known_hosts");
    const keys = lines.flatMap(({ name, address, port }) =>
      lab.host(name).hostKeys.map((key) => `[${address}]:${port} ${key}\n`),
    );
    await writeFile(knownHostsFile, keys.join(""));
    return await work({ lab, lines, rttMs, knownHostsFile, folder });
  } finally {
    relay.kill();
  }
}

async function startRelays(
  direct: readonly Line[],
  rttMs: number,
): Promise<{ relay: ChildProcess; lines: readonly Line[] }> {
  const script = join(root, "test", "lab", "relay.ts");
  const targets = direct.map(({ address, port }) => `${address}:${port}`);
  const args = [script, "--rtt", String(rttMs), ...targets.flatMap((target) => ["--to", target])];
  const relay = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(createInterface({ input: relay.stdout }), "line")) as [string];
  const ports: Readonly<Record<string, number>> = JSON.parse(line);
  const lines = direct.map(({ name }, at) => ({ name, address: "127.0.0.1", port: ports[targets[at] ?? ""] ?? 0 }));
  return { relay, lines };
}

const [first, ...rest] = process.argv.slice(2);
const options = first === "cluster" ? undefined : optionsOf(process.argv.slice(2));
if (first === "cluster") process.exitCode = await benchCluster(rest, document);
else if (!options) process.stdout.write(usage);
else {
  const report = await bench(options);
  tell(terminalTable(report));
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  // The part that tells of clusters is written by a run of its own.
  const section = options.whole ? clusterSection(await readFile(document, "utf8")) : "";
  if (options.whole) await writeFile(document, withClusterSection(documentOf(report), section));
  tell(options.whole ? "written to docs/benchmark.md" : "docs/benchmark.md stays as it is: this was a part of it");
}
