import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { run } from "../../test/lab/command.ts";
import { ensureLab, type Lab, removeLab } from "../../test/lab/lab.ts";
import { ensureMirror } from "../../test/lab/mirror/index.ts";
import { describeMachine } from "../machine.ts";
import { KUBERNETES } from "./files.ts";
import { differences, type Outcome, outcomeOf } from "./outcome.ts";
import {
  type ClusterReport,
  type ClusterRun,
  clusterDocument,
  clusterTable,
  judgeCluster,
  withClusterSection,
} from "./report.ts";
import { type ClusterRunner, hostwright, type PreparedCluster, script } from "./runners.ts";
import { stages } from "./stages.ts";

export const clusterUsage = `
  npm run bench -- cluster          forms a cluster from fresh hosts, and again by a plain shell script, with the same
                                    tools; writes its part of docs/benchmark.md

  --repeats N     runs of each (1)
  --only NAMES    hostwright,script
  --json          the measurements as one line of JSON, on stdout
  --keep          leave the last hosts up
  --no-build      take dist/ as it is
  --no-write      leave docs/benchmark.md as it is
`;

const root = fileURLToPath(new URL("../..", import.meta.url));
const HOSTS = 4;
const tell = (line: string) => void process.stderr.write(`${line}\n`);

/** `npm run bench -- cluster`; the status with which it ends. */
export async function benchCluster(argv: readonly string[], page: string): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    allowNegative: true,
    options: {
      repeats: { type: "string", default: "1" },
      only: { type: "string", default: "hostwright,script" },
      json: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      build: { type: "boolean", default: true },
      write: { type: "boolean", default: true },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(clusterUsage);
    return 0;
  }
  const wanted = values.only.toLowerCase().split(",");
  const runners = [hostwright, script].filter(({ name }) => wanted.includes(name.toLowerCase()));
  const repeats = Number(values.repeats);
  if (!Number.isInteger(repeats) || repeats < 1) throw new Error(`--repeats ${values.repeats}: has to be 1 or more`);
  if (runners.length === 0) throw new Error(`--only ${values.only}: has to be hostwright, script, or both`);
  if (values.build) await run("npm", ["run", "build", "--prefix", root]);
  const report = await measureClusters(runners, repeats, values.keep);
  tell(clusterTable(report));
  if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  if (values.write && runners.length === 2 && report.unequal.length === 0) {
    await writeFile(page, withClusterSection(await readFile(page, "utf8"), clusterDocument(report)));
    tell("written to docs/benchmark.md");
  }
  return report.verdict?.met === false || report.unequal.length > 0 ? 1 : 0;
}

async function measureClusters(
  runners: readonly ClusterRunner[],
  repeats: number,
  keep: boolean,
): Promise<ClusterReport> {
  const { version } = (await import("../../package.json", { with: { type: "json" } })).default;
  const folder = await mkdtemp(join(tmpdir(), "hostwright-bench-"));
  const [machine, date] = [describeMachine(), new Date().toISOString().slice(0, 10)];
  const runs: ClusterRun[] = [];
  const loads: number[] = [];
  const outcomes: Outcome[] = [];
  const unequal: string[] = [];
  try {
    tell("filling the cache of packages, which does not count …");
    await withHosts(script, join(folder, "warm"), false, (cluster) => cluster.first("packages"));
    for (let round = 0; round < repeats; round++) {
      // Whoever comes second may find warmer caches.
      for (const runner of round % 2 === 0 ? runners : runners.toReversed()) {
        const isLast = round === repeats - 1 && runs.length === runners.length * repeats - 1;
        const part = join(folder, `${runner.name}-${round}`);
        await withHosts(runner, part, keep && isLast, async (cluster, lab) => {
          loads.push(loadavg()[0] ?? 0);
          const first = await cluster.first();
          tell(`${runner.name}, from fresh hosts: ${first.seconds.toFixed(1)} s  (${round + 1} of ${repeats})`);
          const missing = stages.filter((stage) => first.stages[stage] === undefined);
          if (missing.length > 0) throw new Error(`${runner.name} has not told of ${missing.join(", ")}`);
          outcomes.push(await outcomeOf(lab));
          runs.push({ runner: runner.name, ...first, again: await cluster.again() });
        });
        for (const other of differences(outcomes[0] ?? {}, outcomes.at(-1) ?? {})) {
          unequal.push(`${runner.name} made another cluster than was made first: ${other}`);
        }
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const versions = { hostwright: version, node: process.versions.node, Kubernetes: KUBERNETES };
  return { date, machine, loads, versions, runs, unequal, verdict: judgeCluster(runs) };
}

/** Fresh hosts, and the mirror beside them, which reads all it has. */
async function withHosts(
  runner: ClusterRunner,
  folder: string,
  keep: boolean,
  work: (cluster: PreparedCluster, lab: Lab) => Promise<unknown>,
): Promise<void> {
  await mkdir(folder);
  await removeLab(runner.lab);
  try {
    const lab = await ensureLab({ name: runner.lab, hosts: HOSTS });
    await ensureMirror();
    await work(await runner.prepare(lab, folder), lab);
  } finally {
    if (!keep) await removeLab(runner.lab);
  }
}
