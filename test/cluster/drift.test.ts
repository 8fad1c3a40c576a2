import { mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { parse } from "yaml";
import { errorOf } from "../hosts/_playbook.ts";
import { changesIn, eventually, finishedIn, formedCluster, noticesIn, runBook } from "./_cluster.ts";
import { tokensIn } from "./_leaks.ts";

const cluster = await formedCluster();

/** What stands against the inventory: a label is missing, the rest is changed behind its back. */
const drifted = [
  "node-1 kubectl pools, peers and advertisements",
  "node-1 nodeLabels node-4 disk",
  "node-2 systemd kubelet.service",
  "node-2 template /var/lib/kubelet/config.yaml",
  "node-4 sysctl net.bridge.bridge-nf-call-ip6tables=1",
];

async function drift(): Promise<void> {
  const { lab } = cluster;
  const restarted = Date.now() - 1000; // the API tells whole seconds
  await cluster.kubectl("label node node-4 disk-");
  await lab.host("node-4").exec("sysctl -w net.bridge.bridge-nf-call-ip6tables=0");
  const edit = "s/^imageGCHighThresholdPercent:.*/imageGCHighThresholdPercent: 90/";
  await lab.host("node-2").exec(`sed -i '${edit}' /var/lib/kubelet/config.yaml && systemctl restart kubelet`);
  const spec = JSON.stringify({ spec: { addresses: [`${lab.prefix}210-${lab.prefix}211`] } });
  await cluster.kubectl(`-n metallb-system patch ipaddresspool default --type merge -p '${spec}'`);
  // A kubelet that starts may call its node not ready at first: what is looked for here is not that.
  await eventually(async () => {
    const ready = await cluster.kubectl(
      `get node node-2 -o jsonpath='{range .status.conditions[?(@.type=="Ready")]}{.status} {.lastHeartbeatTime}{end}'`,
    );
    const pods = await cluster.kubectl(
      "-n kube-flannel get daemonset kube-flannel-ds -o jsonpath='{.status.numberAvailable} of {.status.desiredNumberScheduled}'",
    );
    const [status, heartbeat = ""] = ready.split(" ");
    const isReady = status === "True" && Date.parse(heartbeat) >= restarted && pods === "4 of 4";
    return { seen: `${ready}, ${pods}`, ready: isReady };
  }, 120_000);
}

test.serial(
  "--check finds a sysctl, a kubelet's value, a label and a manifest that differ, and nothing else",
  async (t) => {
    await drift();
    const inventory = ["-i", cluster.inventory({ hosts: { "node-4": { node_labels: { disk: "ssd" } } } })];
    const checked = await runBook(cluster, "site.mts", [...inventory, "--check", "--diff"]);
    t.is(checked.code, 0, errorOf(checked.events));
    t.deepEqual(changesIn(checked.events).toSorted(), drifted);
    t.true(
      finishedIn(checked.events).every(({ status }) => status !== "unknown"),
      "all of it is known",
    );

    const applied = await runBook(cluster, "site.mts", inventory);
    t.is(applied.code, 0, errorOf(applied.events));
    // The kubelet's restart may make its node unready for a moment, which the network then waits for.
    const changed = changesIn(applied.events).filter((change) => !change.includes("networkReady"));
    t.deepEqual(changed.toSorted(), drifted);
    t.deepEqual(noticesIn(applied.events), []);
    t.is((await cluster.kubectl("get node node-4 -o jsonpath='{.metadata.labels.disk}'")).trim(), "ssd");
    const again = await runBook(cluster, "site.mts", inventory);
    t.deepEqual(changesIn(again.events), []);
  },
);

test.serial("a changed parameter of the cluster is a diff, and is applied to every control plane", async (t) => {
  const inventory = [
    "-i",
    cluster.inventory({
      vars: {
        kube_proxy: { mode: "nftables", conntrack: { maxPerCore: 0, min: 0 }, metricsBindAddress: "127.0.0.1:10249" },
      },
    }),
  ];
  const checked = await runBook(cluster, "site.mts", [...inventory, "--check"]);
  const diffs = finishedIn(checked.events).flatMap(({ status, changes }) =>
    status === "would-change" ? changes.map(({ diff }) => diff?.after) : [],
  );
  t.is(diffs.length, 3);
  t.true(diffs.every((after) => after?.includes("metricsBindAddress")));
  const applied = await runBook(cluster, "site.mts", inventory);
  t.is(applied.code, 0, errorOf(applied.events));
  const config = await cluster.kubectl("-n kube-system get configmap kube-proxy -o jsonpath='{.data.config\\.conf}'");
  t.true(config.includes("metricsBindAddress: 127.0.0.1:10249"));
  t.is((await runBook(cluster, "site.mts", inventory)).code, 0);
  const fixed = await runBook(cluster, "site.mts", [
    "-i",
    cluster.inventory({ vars: { pod_network: "10.245.0.0/16" } }),
    "--check",
  ]);
  t.true(
    finishedIn(fixed.events).some(({ reason }) => /podSubnet is "10\.244\.0\.0\/16" and cannot become/.test(reason)),
  );
});

test.serial("a changed password shows in no diff: neither the old one nor the new", async (t) => {
  const inventory = ["-i", cluster.inventory({ vars: { keepalived_password: "changed7" } }), "--diff"];
  const checked = await runBook(cluster, "site.mts", [...inventory, "--check"]);
  const applied = await runBook(cluster, "site.mts", inventory);
  t.is(applied.code, 0, errorOf(applied.events));
  t.is(changesIn(applied.events).filter((change) => change.includes("keepalived.conf")).length, 3);
  const { stdout } = await cluster.lab.host("node-1").exec("grep -c changed7 /etc/keepalived/keepalived.conf");
  t.is(stdout.trim(), "1");
  for (const { events, stderr } of [checked, applied]) {
    const all = JSON.stringify(events) + stderr;
    t.false(/changed7|lab-only/.test(all));
    t.deepEqual(tokensIn(all), []);
  }
});

test.serial("the administrator's access is merged into a kubeconfig, whose keys show nowhere", async (t) => {
  const file = join(mkdtempSync(join(tmpdir(), "hostwright-kubeconfig-")), "config");
  writeFileSync(
    file,
    "apiVersion: v1\nkind: Config\ncurrent-context: other # mine\nclusters: []\nusers: []\ncontexts: []\n",
  );
  const args = ["-i", cluster.inventory({ vars: { kubeconfig_file: file, kubeconfig_context: "lab" } })];
  const first = await runBook(cluster, "site.mts", args);
  t.is(first.code, 0, errorOf(first.events));
  const text = readFileSync(file, "utf8");
  t.true(text.includes("current-context: other # mine"));
  t.is(statSync(file).mode & 0o777, 0o600);
  const [user] = parse(text).users;
  t.is(user.name, "lab");
  const key: string = user.user["client-key-data"];
  t.true(key.length > 100);
  const second = await runBook(cluster, "site.mts", args);
  t.deepEqual(
    changesIn(second.events).filter((change) => change.includes("fetchKubeconfig")),
    [],
  );
  for (const { events, stderr } of [first, second])
    t.false((JSON.stringify(events) + stderr).includes(key.slice(0, 60)));
});
