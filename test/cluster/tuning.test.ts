import test from "ava";
import { errorOf } from "../hosts/_playbook.ts";
import { changesIn, eventually, formedCluster, noticesIn, runBook } from "./_cluster.ts";

const cluster = await formedCluster();

type Hosts = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Runs site.mts with these variables of hosts, and once more. */
async function settle(hosts: Hosts) {
  const args = ["-i", cluster.inventory({ hosts })];
  const first = await runBook(cluster, "site.mts", args);
  const second = await runBook(cluster, "site.mts", args);
  const failed = [first, second].find(({ code }) => code !== 0);
  return {
    error: failed && `${errorOf(failed.events)} ${failed.stderr}`,
    changes: changesIn(first.events),
    notices: noticesIn(first.events),
    again: changesIn(second.events),
  };
}

const worker = (settings: object) => ({ "node-4": { kubelet: { ...(cluster.vars.kubelet as object), ...settings } } });

async function cpuState(): Promise<{ readonly policyName: string }> {
  return JSON.parse((await cluster.lab.host("node-4").exec("cat /var/lib/kubelet/cpu_manager_state")).stdout);
}

/** Whole CPUs of the worker: what it has, and what pods may have of it. */
async function cpus(): Promise<readonly number[]> {
  const path = "jsonpath='{.status.capacity.cpu} {.status.allocatable.cpu}'";
  return (await cluster.kubectl(`get node node-4 -o ${path}`)).split(" ").map(Number);
}

test.serial("a kubelet is told to give whole CPUs to pods, and not those that are reserved", async (t) => {
  const { error, changes, notices, again } = await settle(
    worker({ cpuManagerPolicy: "static", reservedSystemCPUs: "0", systemReserved: { memory: "128Mi" } }),
  );
  t.is(error, undefined);
  t.true(changes.includes("node-4 cpuManagerState static"), changes.join(", "));
  t.true(changes.includes("node-4 systemd kubelet.service"));
  t.true(
    changes.every((change) => change.startsWith("node-4 ") || change.includes("networkReady")),
    changes.join(", "),
  );
  t.deepEqual(notices, []);
  t.deepEqual(again, []);
  t.is((await cpuState()).policyName, "static");
  await eventually(async () => {
    const [all = 0, left] = await cpus();
    return { seen: `${left} CPUs, of ${all}`, ready: left === all - 1 };
  }, 60_000);
});

test.serial("the state of another policy is taken away, or the kubelet would not start", async (t) => {
  const { error, changes, again } = await settle(worker({ cpuManagerPolicy: "none" }));
  t.is(error, undefined);
  t.true(changes.includes("node-4 cpuManagerState none"), changes.join(", "));
  t.deepEqual(again, []);
  t.is((await cpuState()).policyName, "none");
  await cluster.ready(["node-1", "node-2", "node-3", "node-4"]);
});

test.serial("settings that are given up are the cluster's own again, as check says", async (t) => {
  const tuned = await settle(worker({ cpuManagerPolicy: "static", reservedSystemCPUs: "0", maxPods: 77 }));
  t.is(tuned.error, undefined);
  const checked = await runBook(cluster, "site.mts", ["--check"]);
  const { error, changes, notices, again } = await settle({});
  t.is(error, undefined);
  t.deepEqual(
    changes.filter((change) => change.startsWith("node-4 ")),
    [
      "node-4 kubeletSettings /etc/kubernetes/patches/kubeletconfiguration+merge.yaml",
      "node-4 systemd kubelet.service",
    ],
  );
  const foretold = new Set(changesIn(checked.events));
  t.deepEqual(
    changes.filter((change) => !foretold.has(change)),
    [],
  );
  t.deepEqual(notices, []);
  t.deepEqual(again, []);
  t.is((await cpuState()).policyName, "none", "on the state of another policy the kubelet would not start");
  const { stdout } = await cluster.lab
    .host("node-4")
    .exec("grep -E 'cpuManagerPolicy|reserved|Reserved|maxPods' /var/lib/kubelet/config.yaml");
  t.is(stdout, "");
  await eventually(async () => {
    const [all, left] = await cpus();
    return { seen: `${left} CPUs, of ${all}`, ready: left === all };
  }, 60_000);
  await cluster.ready(["node-1", "node-2", "node-3", "node-4"]);
});

test.serial("a control plane's pods have CPUs and memory of their own", async (t) => {
  const qos = () =>
    cluster.kubectl("-n kube-system get pod kube-scheduler-node-3 -o jsonpath='{.status.qosClass}'", "node-1");
  t.is(await qos(), "Burstable");
  const resources = { "kube-scheduler": { cpu: "1", memory: "256Mi" } };
  const { error, changes, again } = await settle({ "node-3": { control_plane_resources: resources } });
  t.is(error, undefined);
  t.true(changes.includes("node-3 kubeadmConfiguration node-3"), changes.join(", "));
  t.deepEqual(again, []);
  await eventually(async () => {
    const seen = await qos();
    return { seen, ready: seen === "Guaranteed" };
  }, 60_000);
  const back = await settle({});
  t.is(back.error, undefined);
  t.deepEqual(back.again, []);
  await eventually(async () => {
    const seen = await qos();
    return { seen, ready: seen === "Burstable" };
  }, 60_000);
});
