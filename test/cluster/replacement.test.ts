import test from "ava";
import { errorOf } from "../hosts/_playbook.ts";
import { ensureLab } from "../lab/lab.ts";
import { CLUSTER_LAB, changesIn, clusterOn, finishedIn, formedCluster, noticesIn, runBook } from "./_cluster.ts";

let cluster = await formedCluster();

test.serial("a control plane that cannot be reached is only taken out when it is said to be lost", async (t) => {
  await cluster.lab.host("node-1").kill();
  const { code, events } = await runBook(cluster, "remove-node.mts", ["-e", "node=node-1"]);
  t.is(code, 1);
  t.regex(errorOf(events), /node-1 cannot be reached.*gone for good, say lost: true/s);
  const lost = await runBook(cluster, "remove-node.mts", ["-e", "node=node-1", "-e", "lost=true"]);
  t.is(lost.code, 0, errorOf(lost.events));
  await cluster.ready(["node-2", "node-3", "node-4"], { via: "node-2" });
});

test.serial("a fresh host takes the place of the first control plane", async (t) => {
  const lab = await ensureLab({ name: CLUSTER_LAB, hosts: 5, switchOn: "added" });
  cluster = clusterOn(lab);
  const inventory = ["-i", cluster.inventory({ controlPlanes: ["node-5", "node-2", "node-3"] })];
  const { code, events } = await runBook(cluster, "add-node.mts", [...inventory, "-e", "node=node-5"]);
  t.is(code, 0, errorOf(events));
  t.deepEqual(noticesIn(events), []);
  await cluster.ready(["node-2", "node-3", "node-4", "node-5"], { via: "node-2" });
  t.deepEqual((await cluster.members("node-5")).map(({ name }) => name).sort(), ["node-2", "node-3", "node-5"]);
  t.true(
    finishedIn(events).some(({ role, status }) => role === "smokeTest" && status === "ok"),
    "the smoke test ran with the new node",
  );
  const again = await runBook(cluster, "site.mts", inventory);
  t.is(again.code, 0, errorOf(again.events));
  t.deepEqual(changesIn(again.events), []);
});

test.serial("a worker leaves in order, and its host keeps nothing of the cluster", async (t) => {
  const inventory = ["-i", cluster.inventory({ controlPlanes: ["node-5", "node-2", "node-3"] })];
  const { code, events } = await runBook(cluster, "remove-node.mts", [...inventory, "-e", "node=node-4"]);
  t.is(code, 0, errorOf(events));
  await cluster.ready(["node-2", "node-3", "node-5"], { via: "node-2" });
  const left = await cluster.lab
    .host("node-4")
    .exec(
      "ls /etc/kubernetes/*.conf /etc/cni/net.d/* /var/lib/kubelet/config.yaml /sys/class/net/cni0 /sys/class/net/flannel.1 2>/dev/null; mount | grep /var/lib/kubelet/pods; nft list tables | grep kube-proxy",
    );
  t.is(left.stdout, "");
});

test.serial("a reset asks for the cluster's name, and takes it apart", async (t) => {
  const inventory = ["-i", cluster.inventory({ controlPlanes: ["node-5", "node-2", "node-3"] })];
  const unsaid = await runBook(cluster, "reset.mts", inventory);
  t.is(unsaid.code, 3);
  t.regex(unsaid.stderr, /this destroys the cluster "kubernetes": say so with -e confirm=kubernetes/);
  const wrong = await runBook(cluster, "reset.mts", [...inventory, "-e", "confirm=other"]);
  t.is(wrong.code, 3);
  t.regex(wrong.stderr, /is called "kubernetes", not "other": nothing was changed/);
  await cluster.ready(["node-2", "node-3", "node-5"], { via: "node-2" });
  const { code, events } = await runBook(cluster, "reset.mts", [...inventory, "-e", "confirm=kubernetes"]);
  t.is(code, 0, errorOf(events));
  for (const name of ["node-2", "node-3", "node-5"]) {
    const { stdout } = await cluster.lab
      .host(name)
      .exec("ls /etc/kubernetes/*.conf /var/lib/etcd/member 2>/dev/null; crictl ps -q");
    t.is(stdout, "", name);
  }
});
