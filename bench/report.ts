import type { Machine } from "./machine.ts";
import type { Row } from "./measure.ts";
import { ANSIBLE, median, OURS, PYINFRA, timesFaster, type Verdict } from "./targets.ts";
import { workloads } from "./workload.ts";

export interface Report {
  readonly date: string;
  readonly machine: Machine;
  /** Runnable processes on average over the minute before the end. */
  readonly loadAfter: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly rows: readonly Row[];
  readonly verdicts: readonly Verdict[];
}

/** The table for a terminal of eighty columns. */
export function terminalTable({ rows, verdicts }: Report): string {
  const head = ["", "hosts", "RTT", OURS, "min-max", ANSIBLE, "min-max", PYINFRA, "min-max"];
  const body = rows.map((row) => [
    row.workload,
    String(row.hosts),
    String(row.rttMs),
    ...[OURS, ANSIBLE, PYINFRA].flatMap((name) => [medianOf(row, name), spanOf(row, name)]),
  ]);
  const widths = head.map((word, at) => Math.max(word.length, ...body.map((line) => line[at]?.length ?? 0)));
  const lines = [head, ...body].map((line) => line.map((word, at) => word.padStart(widths[at] ?? 0)).join(" "));
  const others = otherRunners(rows).map(({ row, name }) => {
    return `${row.workload}, ${row.hosts} hosts, RTT ${row.rttMs} ms, ${name}: ${medianOf(row, name)} (${spanOf(row, name)})`;
  });
  const judged = verdicts.map(({ row, claim, found, met }) => {
    const place = `${row.workload}  ${String(row.hosts).padStart(2)} hosts  ${String(row.rttMs).padStart(2)} ms`;
    return `${met ? "met    " : "NOT MET"}  ${place}  ${claim.padEnd(26)} ${found}`;
  });
  return `\nseconds for the whole process, median and span\n${[...lines, ...others].join("\n")}\n\n${judged.join("\n")}\n`;
}

/** The page of the documentation. */
export function documentOf(report: Report): string {
  const { date, machine, loadAfter, versions, rows, verdicts } = report;
  const titles = workloads.map(({ name, title }) => `- **${name}**: ${title}.`).join("\n");
  const table = rows.map((row) => {
    const cells = [OURS, ANSIBLE, PYINFRA].map((name) => cellOf(row, name));
    const ratios = [ANSIBLE, PYINFRA].map((name) => `1/${timesFaster(row, name)?.toFixed(1) ?? "–"}`);
    return `| ${[row.workload, row.hosts, row.rttMs, ...cells, ...ratios].join(" | ")} |`;
  });
  const others = otherRunners(rows).map(({ row, name }) => {
    return `| ${[row.workload, row.hosts, row.rttMs, `${cellOf(row, name)}, by npx`, "", "", "", ""].join(" | ")} |`;
  });
  const judged = verdicts.map(({ row, claim, found, met }) => {
    return `| ${[row.workload, row.hosts, row.rttMs, claim, found, met ? "met" : "**not met**"].join(" | ")} |`;
  });
  return `<!-- Written by \`npm run bench\`: do not edit. -->
# Benchmark

The same demands on the same hosts by Hostwright, by Ansible and by pyinfra.

Measured on ${date}: ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.system}, Linux ${machine.kernel}, load ${machine.load.toFixed(1)} before the
first run and ${loadAfter.toFixed(1)} after the last. Controller and hosts shared these cores, so believe the ratios within a row, not the
seconds.
${Object.entries(versions)
  .map(([name, version]) => `${name} ${version}`)
  .join(", ")}.

${titles}

Seconds for the whole process: median (least–most, number of runs).

| run | hosts | RTT ms | Hostwright | Ansible | pyinfra | of Ansible | of pyinfra |
|---|---|---|---|---|---|---|---|
${[...table, ...others].join("\n")}

## Against what the project has set itself

| run | hosts | RTT ms | target | found | |
|---|---|---|---|---|---|
${judged.join("\n")}

## How it is measured

- \`npm run bench\` boots throw-away Debian hosts with systemd and sshd, installs the peers from PyPI into a folder of
  their own, and runs all three in turns: each workload by each runner once, then all again.
- A workload is one list of demands (\`bench/workload.ts\`), translated for each runner: packages, accounts, directories,
  files, templates, symlinks, kernel parameters, lines of /etc/hosts, services. Hostwright runs as users run it:
  \`zx playbook\`, from \`node_modules/.bin\`, or by \`npx\` where a row says so.
- Ansible is tuned: pipelining, 20 forks, ControlPersist, no gathering of facts, the path of Python given. pyinfra runs
  with \`--yes\`. Every run logs in anew: connections that Ansible keeps open are closed between its runs.
- The user has sudo without a password. 50 ms of round trip are made by the same relay for all; at 0 there is none.
- After every run, outside of the clock, the hosts are looked at: contents, owners, modes, links, packages, accounts,
  parameters and services have to be the same whoever ran. A and B must not have touched anything (inodes, times of
  change, starts of services); in C every runner has to say that everything changed, and services were restarted.
- C begins each time from a host where its files are gone and its services run.
- The services that C restarts say when they are ready (\`Type=notify\`), as haproxy and keepalived do. Of others Hostwright
  wants to see that they stay up for half a second each (\`holdMs\`), which the peers do not ask: with such services C took
  2.67 s where Ansible took 19.5, one seventh.
- Slow rows have fewer runs; the number stands with each.

What no noise touches is asserted by a test (\`test/hosts/economy.test.ts\`): logins, sessions, round trips, processes
and bytes, and the controller's memory with 500 connections.
`;
}

function otherRunners(rows: readonly Row[]): readonly { readonly row: Row; readonly name: string }[] {
  return rows.flatMap((row) =>
    Object.keys(row.seconds)
      .filter((name) => ![OURS, ANSIBLE, PYINFRA].includes(name))
      .map((name) => ({ row, name })),
  );
}

function cellOf(row: Row, name: string): string {
  const runs = row.seconds[name]?.length ?? 0;
  return runs === 0 ? "–" : `${medianOf(row, name)} (${spanOf(row, name).replace("-", "–")}, ${runs})`;
}

function medianOf({ seconds }: Row, name: string): string {
  const value = median(seconds[name] ?? []);
  return value === undefined ? "-" : short(value);
}

function spanOf({ seconds }: Row, name: string): string {
  const values = seconds[name] ?? [];
  return values.length === 0 ? "" : `${short(Math.min(...values))}-${short(Math.max(...values))}`;
}

/** Three digits. */
function short(value: number): string {
  return value >= 9.95 ? value.toFixed(1) : value.toFixed(2);
}
