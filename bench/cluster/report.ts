import type { Machine } from "../machine.ts";
import { hostwright, script } from "./runners.ts";
import { type StageTimes, stages } from "./stages.ts";

/** One runner's way from fresh hosts to a cluster, and what it took on the cluster afterwards. */
export interface ClusterRun {
  readonly runner: string;
  readonly seconds: number;
  readonly stages: StageTimes;
  readonly again: readonly { readonly name: string; readonly seconds: number }[];
}

export interface ClusterReport {
  readonly date: string;
  readonly machine: Machine;
  /** Runnable processes on average over the minute before each run: of other things, since the hosts were fresh. */
  readonly loads: readonly number[];
  readonly versions: Readonly<Record<string, string>>;
  readonly runs: readonly ClusterRun[];
  /** What is not the same on the clusters that were made: the times of such cannot be compared. */
  readonly unequal: readonly string[];
  readonly verdict: ClusterVerdict | undefined;
}

export interface ClusterVerdict {
  readonly claim: string;
  readonly found: string;
  readonly met: boolean;
}

/** Times of the script that Hostwright may take. */
const TARGET = 1.3;

/** @returns undefined where only one of them ran */
export function judgeCluster(runs: readonly ClusterRun[]): ClusterVerdict | undefined {
  const ours = medianOf(runs, hostwright.name, ({ seconds }) => seconds);
  const theirs = medianOf(runs, script.name, ({ seconds }) => seconds);
  if (ours === undefined || theirs === undefined) return undefined;
  const times = ours / theirs;
  return { claim: `at most ${TARGET} times the script`, found: times.toFixed(2), met: times <= TARGET };
}

type Cells = readonly [what: string, ours: string, theirs: string, times: string];

function rowsOf(runs: readonly ClusterRun[]): readonly Cells[] {
  const row = (what: string, seconds: (run: ClusterRun) => number | undefined): Cells => {
    const ours = medianOf(runs, hostwright.name, seconds);
    const theirs = medianOf(runs, script.name, seconds);
    const times = ours === undefined || theirs === undefined ? "" : (ours / theirs).toFixed(2);
    return [what, spanOf(runs, hostwright.name, seconds), spanOf(runs, script.name, seconds), times];
  };
  const names = [...new Set(runs.flatMap(({ again }) => again.map(({ name }) => name)))];
  return [
    ...stages.map((stage) => row(stage, ({ stages: { [stage]: ms } }) => ms && ms / 1000)),
    row("in all", ({ seconds }) => seconds),
    ...names.map((name) => row(name, ({ again }) => again.find((each) => each.name === name)?.seconds)),
  ];
}

/** The table for a terminal. */
export function clusterTable({ runs, unequal, verdict }: ClusterReport): string {
  const rows = [["", hostwright.name, script.name, "times"], ...rowsOf(runs)];
  const widths = [0, 1, 2, 3].map((at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const lines = rows.map((row) =>
    row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join("  "),
  );
  const judged = verdict ? `\n${verdict.met ? "met" : "NOT MET"}  ${verdict.claim}: ${verdict.found}\n` : "";
  return `\nseconds, median and span\n${lines.join("\n")}\n${judged}${unequal.map((each) => `${each}\n`).join("")}`;
}

const BEGIN = "<!-- Written by `npm run bench -- cluster`: do not edit. -->";
const END = "<!-- End of the cluster. -->";

/** The part of the page that tells of clusters; nothing where it has none. */
export function clusterSection(page: string): string {
  const [, rest] = page.split(BEGIN);
  return rest === undefined ? "" : `${BEGIN}${rest.split(END)[0]}${END}\n`;
}

/** The page with this part in place of the one it has, or behind all else. */
export function withClusterSection(page: string, section: string): string {
  const old = clusterSection(page);
  if (section === "") return page;
  return old === "" ? `${page.trimEnd()}\n\n${section}` : page.replace(old, () => section);
}

/** What the page of the documentation says of clusters. */
export function clusterDocument({ date, machine, loads, versions, runs, verdict }: ClusterReport): string {
  const rows = rowsOf(runs).map((cells) => `| ${cells.join(" | ")} |`);
  const verdictLine = verdict
    ? `Target: ${verdict.claim}. Found: ${verdict.found}, ${verdict.met ? "met" : "**not met**"}.\n`
    : "";
  return `${BEGIN}
## A cluster, from fresh hosts to the smoke test

\`playbooks/site.mts\` beside a plain shell script that does the same by the same tools (\`bench/cluster/plain.sh\`): three
control planes behind a virtual address, a worker, flannel, MetalLB.

Measured on ${date}: ${machine.cores} cores for controller and all four hosts, ${machine.memoryGb} GB, ${machine.system},
Linux ${machine.kernel}, load before each run ${loads.map((load) => load.toFixed(1)).join(", ")}.
${Object.entries(versions)
  .map(([name, version]) => `${name} ${version}`)
  .join(", ")}.

Seconds for the whole process: median (least–most, number of runs).

| | ${hostwright.name} | script | times |
|---|---|---|---|
${rows.join("\n")}

${verdictLine}
- \`npm run bench -- cluster\`: each run has fresh hosts of the test lab, made outside of the clock, one lab at a time;
  the two take turns. Packages come from a cache and images from the mirror, both filled before by a run that does not
  count.
- The script is what somebody writes who has done it before: one connection to each host that is kept open, hosts in
  parallel, one \`apt-get install\` for each stage, one upload of certificates for all joins. Its files are made
  by the functions of the roles, before the clock starts.
- Both wait for the same: the API through the virtual address, rollouts, nodes that are ready, the steps of the smoke
  test. Afterwards, outside of the clock, hosts and clusters are compared: packages with versions and holds, files,
  services, kernel parameters, nodes, members of etcd, releases and their values, workloads. They have to be the same.
- \`connect\` has the look at all hosts before anything is changed in it, which the script does not do, and on its side the
  copying of files. A line ends where the other begins: what is between two stages is the earlier one's.
- Run again, Hostwright changes nothing and proves that. The script can be run again as well: it installs what is there,
  compares its files, leaves init and joins out, upgrades both charts to what they are and repeats the smoke test. It
  has nothing like \`--check\`.
${END}
`;
}

function valuesOf(
  runs: readonly ClusterRun[],
  runner: string,
  seconds: (run: ClusterRun) => number | undefined,
): readonly number[] {
  return runs
    .filter((run) => run.runner === runner)
    .flatMap((run) => seconds(run) ?? [])
    .toSorted((a, b) => a - b);
}

function medianOf(...found: Parameters<typeof valuesOf>): number | undefined {
  const values = valuesOf(...found);
  const middle = (values.length - 1) / 2;
  const [low, high] = [values[Math.floor(middle)], values[Math.ceil(middle)]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}

function spanOf(...found: Parameters<typeof valuesOf>): string {
  const values = valuesOf(...found);
  const [least, most] = [values[0], values.at(-1)];
  if (least === undefined || most === undefined) return "–";
  const median = (medianOf(...found) ?? least).toFixed(1);
  return values.length === 1 ? median : `${median} (${least.toFixed(1)}–${most.toFixed(1)}, ${values.length})`;
}
