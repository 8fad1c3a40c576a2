import test from "ava";
import type { RunEvent } from "../../lib/engine/events.ts";
import { errorOf } from "../hosts/_playbook.ts";
import type { LabHost } from "../lab/host.ts";
import {
  changesIn,
  clusterOn,
  finishedIn,
  freshHosts,
  NODES,
  noticesIn,
  roundTripsIn,
  runBook,
  saveFormed,
} from "./_cluster.ts";
import { leaksOnHosts, tokensIn, watchProcesses } from "./_leaks.ts";
import { answersFromOutside } from "./_web.ts";

const lab = await freshHosts();
const cluster = clusterOn(lab);

/** What check mode must not change. */
const STATE = `find /etc /usr/local /opt /var/lib/dpkg /var/lib/kubelet /var/lib/etcd -xdev -printf '%p %y %m %u %g %s %T@ %l\\n' | sort | sha256sum
dpkg -l | sha256sum
systemctl list-unit-files --no-legend | sha256sum`;
const digest = async (host: LabHost) => (await host.exec(STATE)).stdout;

let foretold: ReadonlySet<string> = new Set();
let output = "";
const keep = (events: readonly RunEvent[], stderr: string) => {
  output += `${events.map((event) => JSON.stringify(event)).join("\n")}\n${stderr}\n`;
};

test.serial("--check on fresh hosts changes nothing, and tells the story to its end", async (t) => {
  const before = await Promise.all(lab.hosts.map(digest));
  const { code, events, stderr } = await runBook(cluster, "site.mts", ["--check"]);
  keep(events, stderr);
  t.is(code, 0, errorOf(events));
  t.deepEqual(await Promise.all(lab.hosts.map(digest)), before);
  const told = finishedIn(events);
  t.deepEqual(
    told.filter(({ status, reason }) => status === "unknown" && !/^unknown until .+ is applied$/.test(reason)),
    [],
    "what is not known is unknown until something is applied",
  );
  const would = new Set(
    told.flatMap(({ host, task, subject, status }) =>
      status === "would-change" ? [`${host} ${task} ${subject}`] : [],
    ),
  );
  const endpoint = `${cluster.virtualAddress}:6443`;
  for (const each of [
    "node-1 apt containerd",
    "node-2 apt haproxy",
    `node-1 kubeadmInit node-1 as the first of ${endpoint}`,
    "node-2 kubeadmJoin node-2 as a control plane, by the first control plane",
    "node-3 kubeadmJoin node-3 as a control plane, by the first control plane",
    "node-4 kubeadmJoin node-4 as a worker, by a control plane",
  ]) {
    t.true(would.has(each), `${each}; found ${[...would].filter((one) => one.includes("kubeadm")).join(", ")}`);
  }
  const unknown = told.flatMap(({ task, subject, status }) => (status === "unknown" ? [`${task} ${subject}`] : []));
  for (const each of ["helm kube-flannel/flannel", "helm metallb-system/metallb"]) t.true(unknown.includes(each), each);
  foretold = new Set(told.map(({ task }) => task));
});

test.serial("three control planes and a worker from fresh hosts, all ready, the smoke test passed", async (t) => {
  const processes = await Promise.all(lab.hosts.map(watchProcesses));
  const { code, events, stderr } = await runBook(cluster, "site.mts");
  keep(events, stderr);
  const seen = (await Promise.all(processes.map((each) => each.end()))).join("\n");
  t.is(code, 0, errorOf(events));
  t.deepEqual(noticesIn(events), [], "no prediction was wrong");
  t.deepEqual([...new Set(finishedIn(events).map(({ task }) => task))].filter((task) => !foretold.has(task)).sort(), [
    "allowJoin",
    "endJoin",
  ]);
  t.true(seen.includes("kubeadm init"), "processes were watched");
  t.deepEqual(tokensIn(seen), [], "no secret in an argument");
  t.false(seen.includes("lab-only"));
  await cluster.ready(NODES);
  t.deepEqual(
    (await cluster.members()).toSorted((a, b) => a.name.localeCompare(b.name)),
    ["node-1", "node-2", "node-3"].map((name) => ({ name, voting: true })),
  );
  const smoke = finishedIn(events).find(({ role }) => role === "smokeTest");
  t.is(smoke?.status, "ok", smoke?.reason);
});

test.serial("run again it changes nothing, in a few round trips a host", async (t) => {
  const { code, events, stderr } = await runBook(cluster, "site.mts");
  keep(events, stderr);
  t.is(code, 0, errorOf(events));
  t.deepEqual(changesIn(events), []);
  t.true(Math.max(...roundTripsIn(events)) <= 3, `round trips by play and host: ${roundTripsIn(events).join(" ")}`);
  t.log(`round trips by play and host: ${roundTripsIn(events).join(" ")}`);
});

test.serial("an address of the load balancer answers from outside", (t) => answersFromOutside(t, cluster));

test.serial("no token, key or password is where it does not belong", async (t) => {
  t.deepEqual(tokensIn(output), [], "in all that the runs have printed");
  t.false(output.includes("lab-only"), "the password of the virtual address");
  t.deepEqual(await leaksOnHosts(lab.hosts, ["lab-only"]), []);
});

test.serial("it is saved for the tests that start from it", async (t) => {
  await saveFormed();
  t.true(lab.hosts.every((host) => !host.running));
});
