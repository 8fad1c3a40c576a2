import test from "ava";
import { errorOf } from "../hosts/_playbook.ts";
import { changesIn, clusterOn, finishedIn, freshHosts, noticesIn, runBook } from "./_cluster.ts";
import { answersFromOutside } from "./_web.ts";

/** One machine that is a whole cluster, as in `inventory/single.yaml`. */
const lab = await freshHosts(1);
const cluster = clusterOn(lab);
const single = {
  controlPlanes: ["node-1"],
  workers: [],
  vars: {
    virtual_address: undefined,
    keepalived_password: undefined,
    schedulable_control_planes: true,
    node_labels: { disk: "ssd" },
  },
};

test.serial("one fresh host is a cluster, without a virtual address and a balancer", async (t) => {
  const { code, events } = await runBook(cluster, "site.mts", ["-i", cluster.inventory(single)]);
  t.is(code, 0, errorOf(events));
  t.deepEqual(noticesIn(events), []);
  await cluster.ready(["node-1"]);
  t.is(
    (await cluster.kubectl("config view -o jsonpath='{.clusters[0].cluster.server}'")).trim(),
    `https://${lab.prefix}11:6443`,
  );
  const { stdout } = await lab.host("node-1").exec("ls -d /etc/haproxy /etc/keepalived 2>/dev/null");
  t.is(stdout, "");
  const smoke = finishedIn(events).find(({ role }) => role === "smokeTest");
  t.is(smoke?.status, "ok", smoke?.reason);
});

test.serial("pods are chosen its way by a label, and answer from outside", (t) =>
  answersFromOutside(t, cluster, { disk: "ssd" }),
);

test.serial("run again it changes nothing; another label is one change", async (t) => {
  const again = await runBook(cluster, "site.mts", ["-i", cluster.inventory(single)]);
  t.is(again.code, 0, errorOf(again.events));
  t.deepEqual(changesIn(again.events), []);
  const labelled = { ...single, vars: { ...single.vars, node_labels: { disk: "hdd" } } };
  const { code, events } = await runBook(cluster, "site.mts", ["-i", cluster.inventory(labelled)]);
  t.is(code, 0, errorOf(events));
  t.deepEqual(changesIn(events), ["node-1 nodeLabels node-1 disk"]);
});
