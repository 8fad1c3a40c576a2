import test from "ava";
import { UsageError } from "../../../lib/errors.ts";
import {
  type NodeLabels,
  type NodeTaints,
  nodeLabelsRead,
  nodeTaintsRead,
} from "../../../lib/reads/kubernetes-nodes.ts";
import { nodeLabels } from "../../../lib/tasks/node-labels.ts";
import { nodeTaints } from "../../../lib/tasks/node-taints.ts";
import { commandsOf, planOf, shown } from "./_plan.ts";

const labels = (found: Record<string, string>): NodeLabels => ({ kind: "found", found });
const taint = (key: string, effect: string, value = "") => ({ key, effect, value });
const taints = (...found: ReturnType<typeof taint>[]): NodeTaints => ({ kind: "found", found });
const KUBECTL = "kubectl --kubeconfig /etc/kubernetes/admin.conf --cache-dir /dev/null/none";

const ofLabels: readonly [string, Record<string, string | null>, NodeLabels, string, string?][] = [
  ["a label that is so", { a: "1" }, labels({ a: "1" }), "converged: labelled so"],
  ["a label that is not there and should not be", { a: null }, labels({}), "converged: not there"],
  ["a label that is missing", { a: "1" }, labels({}), "label a: absent -> 1", "label --overwrite node n 'a=1'"],
  ["an empty value is a value", { a: "" }, labels({}), "label a: absent -> empty", "label --overwrite node n 'a='"],
  [
    "labels of all sorts are one command",
    { a: "2", b: null, "x.io/c": "3" },
    labels({ a: "1", b: "1", "x.io/c": "3" }),
    "label a: 1 -> 2\nlabel b: 1 -> absent",
    "label --overwrite node n 'a=2' b-",
  ],
  [
    "a node that is missing blocks",
    { a: "1" },
    { kind: "absent" },
    "blocked: node n does not exist; it has to join the cluster first, and its name is the one that its kubelet registers",
  ],
  [
    "no answer blocks",
    { a: "1" },
    { kind: "no access", why: "no kubectl" },
    "blocked: kubectl is not installed; the role kubernetesPackages installs it",
  ],
  [
    "a refusal blocks",
    { a: "1" },
    { kind: "refused", reason: "forbidden" },
    "blocked: the API refused to tell of node n: forbidden",
  ],
];
for (const [title, wanted, found, expected, command] of ofLabels) {
  test(`labels: ${title}`, (t) => {
    const task = nodeLabels({ node: "n", labels: wanted });
    const plan = planOf(
      task,
      task.reads.map((read) => [read, found]),
    );
    t.is(shown(plan), expected);
    t.deepEqual(commandsOf(plan), command === undefined ? [] : [`${KUBECTL} ${command}`]);
  });
}

type Taints = Omit<Parameters<typeof nodeTaints>[0], "node">;
const ofTaints: readonly [string, Taints, NodeTaints, string, string?][] = [
  [
    "a taint that is so",
    { taints: [{ key: "a", effect: "NoSchedule" }] },
    taints(taint("a", "NoSchedule")),
    "converged: tainted so",
  ],
  ["a taint that is not there and should not be", { absent: [{ key: "a" }] }, taints(), "converged: not there"],
  [
    "a taint that is missing",
    { taints: [{ key: "a", effect: "NoSchedule" }] },
    taints(),
    "taint a:NoSchedule: absent -> there",
    "taint --overwrite node n a:NoSchedule",
  ],
  [
    "the same key with another effect is another taint",
    { taints: [{ key: "a", value: "1", effect: "NoSchedule" }] },
    taints(taint("a", "NoExecute", "1")),
    "taint a:NoSchedule: absent -> 1",
    "taint --overwrite node n 'a=1:NoSchedule'",
  ],
  [
    "another value is a change",
    { taints: [{ key: "a", value: "2", effect: "NoSchedule" }] },
    taints(taint("a", "NoSchedule", "1")),
    "taint a:NoSchedule: 1 -> 2",
    "taint --overwrite node n 'a=2:NoSchedule'",
  ],
  [
    "all effects go where none is named",
    { absent: [{ key: "a" }] },
    taints(taint("a", "NoExecute"), taint("a", "NoSchedule")),
    "taint a:NoExecute: there -> absent\ntaint a:NoSchedule: there -> absent",
    "taint --overwrite node n a:NoExecute- a:NoSchedule-",
  ],
  [
    "only the effect that is named goes",
    { absent: [{ key: "a", effect: "NoExecute" }] },
    taints(taint("a", "NoSchedule")),
    "converged: not there",
  ],
];
for (const [title, wanted, found, expected, command] of ofTaints) {
  test(`taints: ${title}`, (t) => {
    const task = nodeTaints({ node: "n", ...wanted });
    const plan = planOf(
      task,
      task.reads.map((read) => [read, found]),
    );
    t.is(shown(plan), expected);
    t.deepEqual(commandsOf(plan), command === undefined ? [] : [`${KUBECTL} ${command}`]);
  });
}

test("questions about the same names of the same node hang together, others do not", (t) => {
  const config = "/etc/kubernetes/admin.conf";
  const task = nodeLabels({ node: "n", labels: { a: "1" } });
  const plan = planOf(
    task,
    task.reads.map((read) => [read, labels({})]),
  );
  const isUnknown = (read: Parameters<typeof planOf>[1][number][0]) =>
    plan.kind === "pending" &&
    plan.changes[0].predicts.some((each) => each.kind === "unknown-where" && each.matches(read, {}, () => undefined));
  t.true(isUnknown(nodeLabelsRead(config, "n", ["a", "b"])));
  t.false(isUnknown(nodeLabelsRead(config, "n", ["a"])));
  t.false(isUnknown(nodeLabelsRead(config, "n", ["b"])));
  t.false(isUnknown(nodeLabelsRead(config, "m", ["a"])));
  t.false(isUnknown(nodeTaintsRead(config, "n", ["a"])));
});

test("mistakes are told", (t) => {
  const told = (make: () => unknown, message: RegExp) => t.throws(make, { instanceOf: UsageError, message });
  told(() => nodeLabels({ node: "n", labels: {} }), /labels: names no label/);
  told(() => nodeLabels({ node: "N_1", labels: { a: "1" } }), /node: has to be the name of a node/);
  told(() => nodeLabels({ node: "n", labels: { a: "b c" } }), /labels.a: has to be up to 63/);
  told(() => nodeTaints({ node: "n" }), /names no taint/);
  told(
    () => nodeTaints({ node: "n", taints: [{ key: "a", effect: "NoSchedule" }], absent: [{ key: "a" }] }),
    /absent: a:NoSchedule is demanded and has to be absent/,
  );
  const twice = [
    { key: "a", effect: "NoExecute" },
    { key: "a", value: "x", effect: "NoExecute" },
  ] as const;
  told(() => nodeTaints({ node: "n", taints: [...twice] }), /taints: a:NoExecute is there twice/);
});
