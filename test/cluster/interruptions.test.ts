import test from "ava";
import type { RunEvent } from "../../lib/engine/events.ts";
import { errorOf } from "../hosts/_playbook.ts";
import { clusterOn, finishedIn, freshHosts, NODES, noticesIn, runBook, startOn } from "./_cluster.ts";
import { leaksOnHosts, tokensIn } from "./_leaks.ts";

const lab = await freshHosts();
const cluster = clusterOn(lab);
let output = "";

/**
 * Runs site.mts until an event, then ends the controller as a power cut would, and programs on hosts with it. A program
 * may be held at a file: from an earlier event on it is a pipe that nobody writes to.
 */
async function killAt(
  what: string,
  is: (event: RunEvent) => boolean,
  {
    args = [],
    also = [],
    hold,
  }: {
    args?: readonly string[];
    also?: readonly (readonly [host: string, program: string])[];
    hold?: { host: string; path: string; from: (event: RunEvent) => boolean };
  } = {},
): Promise<void> {
  const run = startOn(cluster, "site.mts", args);
  if (hold) {
    await run.until(hold.from, `what comes before ${hold.path}`);
    const { code, stderr } = await lab.host(hold.host).exec(`mkfifo ${hold.path}`);
    if (code !== 0) throw new Error(stderr);
  }
  await run.until(is, what);
  run.child.kill("SIGKILL");
  await Promise.all(also.map(([host, program]) => lab.host(host).exec(`pkill -9 -x ${program}`)));
  if (hold) await lab.host(hold.host).exec(`rm ${hold.path}`);
  const { events, stderr } = await run.ended;
  output += `${JSON.stringify(events)}\n${stderr}\n`;
}

/** Starts site.mts again; where its message says so, once more with `repair: true`. Answers whether that was needed. */
async function continueFrom(): Promise<{
  readonly events: readonly RunEvent[];
  readonly repaired: string | undefined;
}> {
  const first = await runBook(cluster, "site.mts");
  output += JSON.stringify(first.events);
  if (first.code === 0) return { events: first.events, repaired: undefined };
  const message = `${errorOf(first.events)} ${blockedIn(first.events)}`;
  if (!/repair: true/.test(message)) throw new Error(`it neither converged nor said what to do: ${message}`);
  return { events: first.events, repaired: message };
}

const blockedIn = (events: readonly RunEvent[]) =>
  finishedIn(events)
    .filter(({ status }) => status === "blocked" || status === "failed")
    .map(({ reason }) => reason)
    .join(" ");

const REPAIR = ["-e", "repair=true"];
const of = (event: RunEvent, host: string, task: string) =>
  "task" in event && event.host === host && event.task === task;

test.serial(
  "killed while containerd is installed: the next run waits for what goes on, and takes it from there",
  async (t) => {
    await killAt(
      "containerd being installed",
      (event) => event.event === "task-started" && event.host === "node-2" && event.subject === "containerd",
    );
    // The next is killed as well: in init, when the certificates are made, and kubeadm with it.
    await killAt(
      "init's certificates",
      (event) =>
        event.event === "task-output" &&
        of(event, "node-1", "kubeadmInit") &&
        /\[certs\] Generating "sa" key/.test(event.line),
      {
        also: [["node-1", "kubeadm"]],
        hold: {
          host: "node-1",
          path: "/etc/kubernetes/admin.conf",
          from: (event) =>
            event.event === "task-output" && of(event, "node-1", "kubeadmInit") && event.line.startsWith("[preflight]"),
        },
      },
    );
    t.pass();
  },
);

test.serial("killed in init after the certificates: the message says what is there, and to repair", async (t) => {
  const { repaired } = await continueFrom();
  t.regex(
    repaired ?? "",
    /node-1: the node is neither in a cluster nor out of it.*it has: .*ca\.crt.*it lacks: .*admin\.conf/s,
  );
  await killAt(
    "the end of init",
    (event) => event.event === "task-finished" && of(event, "node-1", "kubeadmInit") && event.status === "changed",
    { args: REPAIR },
  );
});

test.serial("killed between init and join: the next run goes on by itself", async (t) => {
  await killAt(
    "node-2's member of etcd",
    (event) =>
      event.event === "task-output" &&
      of(event, "node-2", "kubeadmJoin") &&
      /\[etcd\] Announced new etcd member/.test(event.line),
    { also: [["node-2", "kubeadm"]] },
  );
  t.pass();
});

test.serial("killed in a join after its member of etcd was added: repaired, where the message said so", async (t) => {
  const { repaired } = await continueFrom();
  t.log(repaired?.split("\n")[0] ?? "it went on without repair");
  t.regex(repaired ?? "", /node-2: the node is neither in a cluster nor out of it/);
  await killAt(
    "the network's chart",
    (event) => event.event === "task-started" && event.host === "node-1" && event.subject === "kube-flannel/flannel",
    { args: REPAIR, also: [["node-1", "helm"]] },
  );
});

test.serial("killed during the pod network: the next run converges", async (t) => {
  const { repaired } = await continueFrom();
  t.log(repaired === undefined ? "it went on without repair" : "the release was left under way, and is repaired");
  if (repaired !== undefined) {
    const { code, events } = await runBook(cluster, "site.mts", REPAIR);
    output += JSON.stringify(events);
    t.is(code, 0, errorOf(events));
  }
  await cluster.ready(NODES);
  const again = await runBook(cluster, "site.mts");
  output += JSON.stringify(again.events);
  t.is(again.code, 0, errorOf(again.events));
  t.deepEqual(noticesIn(again.events), []);
  t.deepEqual(
    (await cluster.members()).map(({ voting }) => voting),
    [true, true, true],
  );
});

test.serial("a run that was killed leaves no secret behind", async (t) => {
  t.deepEqual(tokensIn(output), []);
  t.deepEqual(await leaksOnHosts(lab.hosts, ["lab-only"]), []);
});
