import test from "ava";
import { nodeLabels } from "../../../lib/tasks/node-labels.ts";
import { nodeTaints } from "../../../lib/tasks/node-taints.ts";
import { converge, prove } from "../../hosts/_host.ts";
import { controlPlane, kubectlOn } from "./_api.ts";

const site = await controlPlane();

/** Nodes without a kubelet: only what is recorded of them counts here. */
const NODES = ["hw-node-a", "hw-node-b"] as const;

test.before(async () => {
  await kubectlOn(site, `delete node ${NODES.join(" ")} --ignore-not-found`);
  for (const name of NODES) {
    const node = { apiVersion: "v1", kind: "Node", metadata: { name, labels: { zone: "a", old: "1" } } };
    await kubectlOn(site, `create -f - <<'X'\n${JSON.stringify(node)}\nX`);
  }
});
test.after.always(async () => {
  await kubectlOn(site, `delete node ${NODES.join(" ")} --ignore-not-found`);
});

test.serial("labels of several nodes are set, changed and removed", async (t) => {
  const [a, b] = NODES;
  await prove(t, site, [
    nodeLabels({ node: a, labels: { "example.com/disk": "ssd", zone: "b", old: null, none: null } }),
    nodeLabels({ node: b, labels: { "example.com/empty": "" } }),
  ]);
  const shown = await kubectlOn(
    site,
    `get node ${a} -o jsonpath='{.metadata.labels.example\\.com/disk} {.metadata.labels}'`,
  );
  t.regex(shown, /^ssd \{"example.com\/disk":"ssd","zone":"b"\}$/);
  await prove(t, site, [nodeLabels({ node: b, labels: { zone: "a" } })], ["ok"]);
});

test.serial("taints are set, changed and removed, and those of others are left", async (t) => {
  const [a] = NODES;
  await kubectlOn(site, `taint node ${a} other=x:NoSchedule`);
  const key = "example.com/gpu";
  await prove(t, site, [
    nodeTaints({
      node: a,
      taints: [
        { key, value: "a100", effect: "NoSchedule" },
        { key, effect: "NoExecute" },
      ],
    }),
  ]);
  await prove(t, site, [
    nodeTaints({
      node: a,
      taints: [{ key, value: "h100", effect: "NoSchedule" }],
      absent: [{ key, effect: "NoExecute" }],
    }),
  ]);
  await prove(t, site, [nodeTaints({ node: a, absent: [{ key }] })]);
  t.regex(await kubectlOn(site, `get node ${a} -o jsonpath='{.spec.taints}'`), /"key":"other"/);
});

test.serial("a node that is missing is told", async (t) => {
  const { error } = await converge(site.lab, site.host, [nodeLabels({ node: "hw-none", labels: { a: "b" } })]);
  t.regex(error?.message ?? "", /is blocked: node hw-none does not exist; it has to join the cluster first/);
});
