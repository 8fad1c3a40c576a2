import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Chalk } from "chalk";
import { paint, plain, wrapLine } from "../lib/report/styled.ts";
import { duration } from "../lib/text/duration.ts";
import { LabError } from "../test/lab/command.ts";
import { ensureLab } from "../test/lab/lab.ts";
import { findGo } from "../test/lab/mirror/go.ts";
import { ensureMirror } from "../test/lab/mirror/index.ts";
import { partDirectory } from "../test/lab/mirror/part.ts";
import { allParts } from "../test/lab/mirror/parts.ts";
import { publishedDirectory } from "../test/lab/mirror/publish/publish.ts";
import { type Progress, terminalProgress } from "../test/lab/progress.ts";
import { heldProgress } from "./held-progress.ts";
import { Ended, programs } from "./programs.ts";

/**
 * `npm run quickstart`: four test hosts, and a Kubernetes on them. Where the mirror is yet to be built this goes on
 * beside the first run; where it cannot be built, it ends with hosts that are ready for Kubernetes.
 */
const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SITE = ["node_modules/zx/build/cli.js", "playbooks/site.mts", "--inventory", "inventory/lab.yaml"];
const NODES = ["sudo", "kubectl", "--kubeconfig", "/etc/kubernetes/admin.conf", "get", "nodes"];
const WIDEST = 80;

/** What a stage took, in milliseconds; `note` says what else there is to know of it. */
export interface Stage {
  readonly name: string;
  readonly ms: number;
  readonly note?: string;
}

/** The stages under each other, their times aligned. */
export function timeTable(stages: readonly Stage[]): readonly string[] {
  const times = stages.map(({ ms }) => duration(ms));
  const nameWidth = Math.max(...stages.map(({ name }) => name.length));
  const timeWidth = Math.max(...times.map((time) => time.length));
  return stages.map(({ name, note = "" }, at) =>
    `  ${name.padEnd(nameWidth)}  ${(times[at] ?? "").padStart(timeWidth)}  ${note}`.trimEnd(),
  );
}

/** What stands against building the mirror; undefined where it can be built, or needs nothing but to be published. */
async function missingForMirror(): Promise<string | undefined> {
  if (allParts().every((part) => !part.usesGo || existsSync(partDirectory(part)))) return undefined;
  try {
    await findGo();
    return undefined;
  } catch (error) {
    if (error instanceof LabError) return error.message;
    throw error;
  }
}

async function quickstart(tell: Progress): Promise<void> {
  const chalk = new Chalk();
  const { run } = programs(ROOT, () => tell.step("\nInterrupted. The same command goes on from here."));
  const stages: Stage[] = [];
  const title = (text: string) => tell.step(`\n${chalk.bold.underline(text)}\n`);
  const say = (text: string) => {
    const rows = wrapLine([plain(text)], Math.min(process.stdout.columns ?? WIDEST, WIDEST) - 1);
    for (const row of rows) tell.step(paint(row, chalk));
  };
  const stage = async <T>(name: string, work: () => Promise<T>, note?: () => string): Promise<T> => {
    const started = performance.now();
    const value = await work();
    stages.push({ name, ms: performance.now() - started, ...(note && { note: note() }) });
    return value;
  };
  const end = (commands: Readonly<Record<string, string>>) => {
    title("What it took");
    for (const line of timeTable(stages)) tell.step(line);
    title("To try next");
    for (const [command, what] of Object.entries(commands)) tell.step(`  ${command}\n${chalk.dim(`      ${what}`)}`);
  };
  const formed = async () => {
    title("The nodes of your cluster");
    tell.step(chalk.dim(`node-1$ ${NODES.join(" ")}`));
    await run(["test/lab/main.ts", "ssh", "node-1", ...NODES]);
    end(afterKubernetes);
  };

  title("Boot four hosts");
  await stage("four hosts", () => ensureLab({ hosts: 4, progress: tell }));

  if (existsSync(publishedDirectory())) {
    await stage(
      "the mirror of Kubernetes",
      () => ensureMirror({ progress: tell }),
      () => "built already: checked",
    );
    title("From bare hosts to a cluster");
    await stage("hosts, balancer, Kubernetes", () => run(SITE));
    return formed();
  }

  const missing = await missingForMirror();
  title("Make them ready for Kubernetes");
  if (missing === undefined) {
    say("Meanwhile, and for some minutes more, Kubernetes is built from its sources; once on this machine.");
    tell.step("");
  }
  const held = heldProgress(tell);
  const started = performance.now();
  const mirror = missing === undefined ? settled(ensureMirror({ progress: held })) : undefined;
  await stage("hosts and balancer", () => run([...SITE, "--extra-vars", "kubernetes=false"]));

  if (!mirror) {
    title("Kubernetes is left out");
    say(`The hosts reach nothing but this machine, so Kubernetes comes from a mirror on it. But ${missing}.`);
    tell.step("");
    say("The hosts are ready for it. With Go in place, the same command goes on from here: npm run quickstart");
    return end(withoutKubernetes);
  }

  title("Build Kubernetes for hosts without the internet");
  const waiting = performance.now();
  held.release();
  await (await mirror)();
  const waited = duration(performance.now() - waiting);
  stages.push({ name: "the mirror, once", ms: performance.now() - started, note: `${waited} of it waited for` });

  title("Form the cluster");
  await stage("Kubernetes", () => run(SITE));
  return formed();
}

const afterKubernetes = {
  "npx zx playbooks/site.mts": "again: 0 changed",
  "npx zx playbooks/ha-test.mts": "the holder of 10.88.0.100 fails: how long is the API away?",
  "npm run lab -- down": "nothing of it stays, except what is cached",
};

const withoutKubernetes = {
  "npx zx playbooks/site.mts -e kubernetes=false": "again: 0 changed",
  "npm run lab -- kill node-1": "who has 10.88.0.100 now? npm run lab -- ssh node-2 ip address",
  "npm run lab -- down": "nothing of it stays, except what is cached",
};

/** A promise that nobody waits for yet: its failure is kept until somebody asks how it ended. */
function settled<T>(promise: Promise<T>): Promise<() => T> {
  return promise.then(
    (value) => () => value,
    (error) => () => {
      throw error;
    },
  );
}

if (import.meta.main) {
  const tell = terminalProgress(process.stdout);
  try {
    await quickstart(tell);
  } catch (error) {
    if (error instanceof LabError) tell.step(`quickstart: ${error.message}`);
    else if (!(error instanceof Ended)) throw error;
    // Not only noted: a mirror may still be built beside it, and ends with this process. The next run goes on there.
    process.exit(error instanceof Ended ? error.code : 1);
  }
}
