import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Lab } from "../test/lab/lab.ts";
import { type Counts, type Line, type PreparedRun, type Runner, timed } from "./runners/runner.ts";
import { beforeFirstRun, type HostState, stateOf } from "./state.ts";
import type { Workload } from "./workload.ts";

/** One workload on so many hosts over such a line: the seconds that each runner took, in the order they were measured. */
export interface Row {
  readonly workload: Workload["name"];
  readonly hosts: number;
  readonly rttMs: number;
  readonly seconds: Readonly<Record<string, readonly number[]>>;
}

/** Workloads that share hosts and line, and so are measured in turns. */
export interface Group {
  readonly lab: Lab;
  readonly lines: readonly Line[];
  readonly rttMs: number;
  readonly knownHostsFile: string;
  readonly folder: string;
  readonly entries: readonly Entry[];
}

export interface Entry {
  readonly workload: Workload;
  readonly runners: readonly RunnerTurns[];
}

export interface RunnerTurns {
  readonly runner: Runner;
  readonly repeats: number;
}

/**
 * Measures in rounds: each workload by each runner once, then all of them again, so that what else the machine does
 * meets them all. After each run the hosts are looked at: they have to be as demanded, untouched where nothing was to
 * be done, and the same whoever did it.
 *
 * @throws Error where a runner failed, or did something else than it was told
 */
export async function measure(group: Group, tell: (line: string) => void): Promise<readonly Row[]> {
  const seconds = group.entries.map(() => new Map<string, number[]>());
  const demanded = new Map<string, readonly string[]>();
  const runs = await Promise.all(group.entries.map((entry) => prepareRuns(group, entry)));
  const rounds = Math.max(...group.entries.flatMap(({ runners }) => runners.map(({ repeats }) => repeats)));
  for (let round = 0; round < rounds; round++) {
    for (const [at, { workload, runners }] of group.entries.entries()) {
      for (const [which, { runner, repeats }] of runners.entries()) {
        const run = runs[at]?.[which];
        if (!run || round >= repeats) continue;
        const where = `${workload.name}  ${group.lines.length} hosts  ${group.rttMs} ms  ${runner.name}`;
        const taken = await measureOne(group, workload, run, demanded, where);
        const known = seconds[at]?.get(runner.name) ?? [];
        seconds[at]?.set(runner.name, [...known, taken]);
        tell(`${where.padEnd(44)} ${taken.toFixed(2).padStart(7)} s  (${round + 1} of ${repeats})`);
      }
    }
  }
  return group.entries.map(({ workload }, at) => ({
    workload: workload.name,
    hosts: group.lines.length,
    rttMs: group.rttMs,
    seconds: Object.fromEntries(seconds[at] ?? []),
  }));
}

function prepareRuns(group: Group, { workload, runners }: Entry): Promise<readonly PreparedRun[]> {
  const [host] = group.lab.hosts;
  return Promise.all(
    runners.map(async ({ runner }) => {
      const folder = join(group.folder, workload.name, runner.name.replaceAll(" ", "-"));
      await mkdir(folder, { recursive: true });
      return runner.prepare({
        workload,
        lines: group.lines,
        user: host?.user ?? "root",
        keyFile: group.lab.keyFile,
        knownHostsFile: group.knownHostsFile,
        folder,
      });
    }),
  );
}

async function measureOne(
  { lab, lines }: Group,
  workload: Workload,
  run: PreparedRun,
  demanded: Map<string, readonly string[]>,
  where: string,
): Promise<number> {
  const hosts = lab.hosts.slice(0, lines.length);
  if (workload.kind === "changing") await beforeFirstRun(hosts);
  const before = await stateOf(hosts, workload);
  const { ms, counts } = await timed(run);
  const after = await stateOf(hosts, workload);
  for (const mistake of [
    ...countMistakes(counts, workload, hosts.length),
    ...stateMistakes(before, after, workload),
    ...differences(after, workload, demanded),
  ]) {
    throw new Error(`${where}: ${mistake}`);
  }
  return ms / 1000;
}

/** What a runner says of its own run: everything was looked at, and nothing or everything was changed. */
function countMistakes(counts: readonly Counts[], { kind, demands }: Workload, hosts: number): readonly string[] {
  const wanted = kind === "changing" ? demands.length : 0;
  return [
    ...(counts.length === hosts ? [] : [`tells of ${counts.length} hosts, not of ${hosts}`]),
    ...counts
      .filter(({ tasks, changed }) => tasks < demands.length || changed !== wanted)
      .map(({ host, tasks, changed }) => `${host}: says ${changed} of ${tasks} changed, has to be ${wanted}`),
  ];
}

/** What was done, seen from outside. */
function stateMistakes(
  before: readonly HostState[],
  after: readonly HostState[],
  { kind }: Workload,
): readonly string[] {
  return before.flatMap((old, at) => {
    const now = after[at];
    if (kind === "converged") return isDeepStrictEqual(old, now) ? [] : [`host ${at + 1} was touched`];
    const kept = now?.invocations.filter((invocation) => old.invocations.includes(invocation)) ?? [];
    return kept.length === 0 ? [] : [`host ${at + 1}: ${kept.length} services were not restarted`];
  });
}

/** Whoever ran first says what hosts have to be like after this workload; then it is the same for all. */
function differences(
  states: readonly HostState[],
  { name }: Workload,
  demanded: Map<string, readonly string[]>,
): readonly string[] {
  const found = states.map((state) => state.demanded);
  const wanted = demanded.get(name) ?? found;
  demanded.set(name, wanted);
  const at = found.findIndex((state, index) => state !== wanted[index]);
  return at < 0 ? [] : [`host ${at + 1} is not as the other runners left it:\n${wanted[at]}\n--- but\n${found[at]}`];
}
