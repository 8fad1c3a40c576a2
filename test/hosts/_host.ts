import { randomBytes } from "node:crypto";
import type { ExecutionContext } from "ava";
import type { TaskResult } from "../../lib/engine/entry.ts";
import { entryOf } from "../../lib/engine/entry.ts";
import { type HostListener, HostRun } from "../../lib/engine/host-run.ts";
import type { Misprediction } from "../../lib/engine/mispredictions.ts";
import type { Task } from "../../lib/engine/task.ts";
import { HostwrightError } from "../../lib/errors.ts";
import type { Connection } from "../../lib/inventory/index.ts";
import { connector } from "../../lib/playbook/connect.ts";
import { type Deadlines, defaultDeadlines } from "../../lib/session/deadlines.ts";
import type { LabHost } from "../lab/host.ts";
import { ensureLab, type Lab, openLab } from "../lab/lab.ts";
import { terminalProgress } from "../lab/progress.ts";

/** The lab of the tests: other hosts than those of the quick start. */
export const TEST_LAB = "test";

/** A host of the test lab, fresh: its disk is dropped first. Each test file has a host of its own, by number. */
export async function freshHost(number: number): Promise<{ lab: Lab; host: LabHost }> {
  const { lab, host } = await testHost(number);
  await host.reset();
  return { lab, host };
}

/** A host of the test lab as it is. */
export async function testHost(number: number): Promise<{ lab: Lab; host: LabHost }> {
  const lab = await testLab();
  return { lab, host: lab.host(`node-${number}`) };
}

/** A host that has to be switched off and on again is told. */
const progress = terminalProgress(process.stderr);

/** As many as the test files use. */
const TEST_HOSTS = 23;

/**
 * The lab with all its hosts, made by whoever comes first. After that it is only opened: to make it complete again would
 * switch on a host that another test has just switched off.
 */
async function testLab(): Promise<Lab> {
  const lab = openLab(TEST_LAB, progress);
  const isUp = lab && lab.hosts.length >= TEST_HOSTS && lab.hosts.some((host) => host.running);
  return isUp ? lab : ensureLab({ name: TEST_LAB, hosts: TEST_HOSTS, progress });
}

/** How a login to a lab host is described to Hostwright: a user with passwordless sudo. */
export function reachOf(lab: Lab, host: LabHost, changes: Partial<Connection> = {}): Connection {
  return {
    kind: "ssh",
    address: host.address,
    port: 22,
    user: host.user,
    become: true,
    privateKeyFile: host.keyFile,
    knownHostsFile: lab.knownHostsFile,
    ...changes,
  };
}

/** A listener that is told everything and keeps nothing. */
export const quietListener: HostListener = { connected() {}, waiting() {}, started() {}, output() {}, finished() {} };

export interface Outcome {
  readonly results: readonly TaskResult[];
  readonly mispredictions: readonly Misprediction[];
  readonly output: readonly string[];
  readonly error: HostwrightError | undefined;
  readonly roundTrips: number;
  readonly readsAsked: number;
}

export interface HostOptions {
  readonly check?: boolean;
  /** Other than the lab's own way in. */
  readonly reach?: Partial<Connection>;
  /** In place of it. */
  readonly exact?: Connection;
  readonly agent?: string;
  readonly deadlines?: Partial<Deadlines>;
  readonly signal?: AbortSignal | undefined;
  /** Hears each line that a change prints, as it comes. */
  readonly onOutput?: ((line: string) => void) | undefined;
}

/** A run on one host, and what it tells. Close it. */
export function openHost(lab: Lab, host: LabHost, options: HostOptions = {}) {
  const told = {
    results: [] as TaskResult[],
    mispredictions: [] as Misprediction[],
    output: [] as string[],
    logins: 0,
  };
  const deadlines = { ...defaultDeadlines, ...options.deadlines };
  const account = { home: "/nonexistent", user: "root", agent: options.agent };
  const run = new HostRun({
    host: host.name,
    check: options.check ?? false,
    run: { id: randomBytes(4).toString("hex"), who: "test" },
    deadlines,
    signal: options.signal,
    connect: () => connector(account, deadlines)(host.name, options.exact ?? reachOf(lab, host, options.reach)),
    listener: {
      ...quietListener,
      connected: () => void told.logins++,
      output: (_ref, line) => {
        told.output.push(line);
        options.onOutput?.(line);
      },
      finished: (result) => void told.results.push(result),
      mispredicted: (misprediction) => void told.mispredictions.push(misprediction),
    },
  });
  return { run, told };
}

/** How many lines of this beginning sshd has written so far. */
export async function sshdLines(host: LabHost, beginning: string): Promise<number> {
  const { stdout } = await host.exec(`journalctl --sync; journalctl -t sshd -o cat | grep -c '^${beginning}'`);
  return Number(stdout);
}

/** What a run on a host throws, where it is an error of the host. */
export async function errorFrom(work: Promise<unknown>): Promise<HostwrightError | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof HostwrightError) return error;
    throw error;
  }
}

/** Runs tasks on a host in a run of its own, or plans them in check mode. An error of the host is part of the outcome. */
export async function converge(
  lab: Lab,
  host: LabHost,
  tasks: readonly Task[],
  /** `onEnd` is called when the list has come to its end, before the session is closed. */
  { onEnd, ...options }: HostOptions & { readonly onEnd?: () => void } = {},
): Promise<Outcome> {
  const { run, told } = openHost(lab, host, options);
  let readsAsked = 0;
  const work = run.converge(tasks.map((task) => entryOf("test", task))).then((answer) => {
    readsAsked = answer.readsAsked;
    onEnd?.();
  });
  const error = await errorFrom(work).finally(() => run.close());
  return { ...told, error, roundTrips: run.roundTrips, readsAsked };
}

/**
 * The proof that every task owes: check says what apply then does and changes nothing, no prediction is wrong, and a
 * second run finds nothing to do.
 *
 * @param expected the status of each task in the first run: `changed`, or `ok` where it was so already
 */
export async function prove(
  t: ExecutionContext,
  { lab, host }: { lab: Lab; host: LabHost },
  tasks: readonly Task[],
  expected: readonly ("changed" | "ok")[] = tasks.map(() => "changed"),
): Promise<Outcome> {
  const checked = await converge(lab, host, tasks, { check: true });
  t.is(checked.error, undefined);
  const told = checked.results.map(({ status }) => (status === "would-change" ? "changed" : status));
  t.deepEqual(told, [...expected], `check: ${JSON.stringify(checked.results, undefined, 1)}`);
  const again = await converge(lab, host, tasks, { check: true });
  t.deepEqual(again.results, checked.results, "a second check says the same: the first changed nothing");

  const applied = await converge(lab, host, tasks);
  t.is(applied.error, undefined, applied.output.join("\n"));
  t.deepEqual(applied.mispredictions, []);
  const byTask = new Map(applied.results.map((result) => [`${result.ref.task} ${result.ref.subject}`, result]));
  const changed = checked.results.map(({ ref }) => byTask.get(`${ref.task} ${ref.subject}`));
  t.deepEqual(
    changed.map((result) => result?.status),
    [...expected],
    "apply does what check said",
  );
  t.deepEqual(
    changed.map((result) => result?.changes),
    checked.results.map((result) => result.changes),
    "with the same changes",
  );

  const second = await converge(lab, host, tasks);
  t.is(second.error, undefined);
  t.deepEqual(
    second.results.filter(({ status }) => status !== "ok"),
    [],
    "a second run changes nothing",
  );
  t.is(second.roundTrips, 1);
  return applied;
}
