import test from "ava";
import { readId } from "../../../lib/engine/read.ts";
import { UsageError } from "../../../lib/errors.ts";
import type { ConditionState } from "../../../lib/reads/kubernetes-conditions.ts";
import type { ObjectState } from "../../../lib/reads/kubernetes-objects.ts";
import type { Strays } from "../../../lib/reads/kubernetes-strays.ts";
import { Secret } from "../../../lib/secrets/secret.ts";
import { kubectl } from "../../../lib/tasks/kubectl.ts";
import { commandsOf, planOf, shown } from "./_plan.ts";

type Params = Parameters<typeof kubectl>[0];
type Answer = ObjectState | ConditionState | Strays;

const configMap = (name: string, labels: Record<string, string> = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, labels },
});
const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } };
const pool = { apiVersion: "example.com/v1", kind: "Pool", metadata: { name: "p" } };
const crd = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "pools.example.com" },
  spec: { group: "example.com", names: { kind: "Pool" } },
};
const differs = { kind: "differs", fields: true, live: "a: 1\n", wanted: "a: 2\n" } as const;
const prune = { selector: { set: "a" }, kinds: ["v1/ConfigMap"] } satisfies Params["prune"];
const rollout = { resource: "deployment/web", for: "rollout" } as const;

/** Answers in the order of the reads: objects as they are sorted, waits, strays. */
function planned(params: Params, answers: readonly Answer[]) {
  const task = kubectl(params);
  return planOf(
    task,
    task.reads.map((read, index) => [read, answers[index] ?? { kind: "same" }]),
  );
}

const rows: readonly [string, Params, readonly Answer[], string][] = [
  [
    "objects as they should be",
    { manifests: [configMap("a"), namespace] },
    [{ kind: "same" }, { kind: "same" }],
    "converged: 2 objects as in the manifests",
  ],
  [
    "with all that belongs to it",
    { manifests: [configMap("a", { set: "a" })], prune, wait: [rollout] },
    [{ kind: "same" }, { kind: "met" }, { kind: "strays", objects: [] }],
    "converged: 1 object as in the manifests, none too many, ready",
  ],
  [
    "an object that is missing comes, after its namespace",
    { manifests: [configMap("a"), namespace] },
    [{ kind: "absent" }, { kind: "absent" }],
    "Namespace shop: absent -> as in the manifest\nConfigMap a: absent -> as in the manifest",
  ],
  [
    "only what differs is told",
    { manifests: [configMap("a"), configMap("b")] },
    [{ kind: "same" }, differs],
    "ConfigMap b: otherwise -> as in the manifest",
  ],
  [
    "fields that others have set so are taken over",
    { manifests: [configMap("a")] },
    [{ ...differs, fields: false }],
    "ConfigMap a: as in the manifest, set by others -> set by hostwright",
  ],
  [
    "a webhook that is down leaves it open, and the apply tries",
    { manifests: [configMap("a")] },
    [{ kind: "no webhook", reason: "failed calling webhook" }],
    "ConfigMap a: not known (failed calling webhook) -> as in the manifest",
  ],
  [
    "an unknown kind blocks",
    { manifests: [pool] },
    [{ kind: "unknown kind" }],
    "blocked: Pool p: the API knows no kind Pool of example.com/v1; install what defines it before, a chart or its CustomResourceDefinitions",
  ],
  [
    "unless it is defined beside",
    { manifests: [pool, crd] },
    [{ kind: "absent" }, { kind: "unknown kind" }],
    "CustomResourceDefinition pools.example.com: absent -> as in the manifest\nPool p: absent -> as in the manifest",
  ],
  [
    "what the API refuses blocks",
    { manifests: [configMap("a")] },
    [{ kind: "refused", reason: "invalid" }],
    "blocked: the API refuses ConfigMap a: invalid",
  ],
  [
    "fields of others block where they may not be taken",
    { manifests: [configMap("a")], forceConflicts: false },
    [{ kind: "refused", reason: 'Apply failed with 1 conflict: conflict with "x": .data.a' }],
    'blocked: ConfigMap a has fields that others have set otherwise (conflict with "x": .data.a); demand forceConflicts: true to take them over, or leave them out of the manifest',
  ],
  [
    "an object that is being deleted blocks",
    { manifests: [configMap("a")] },
    [{ kind: "leaving" }],
    "blocked: ConfigMap a is being deleted; wait until it is gone, or see which of its finalizers nobody takes care of",
  ],
  [
    "no kubectl blocks",
    { manifests: [configMap("a")] },
    [{ kind: "no access", why: "no kubectl" }],
    "blocked: kubectl is not installed; the role kubernetesPackages installs it",
  ],
  [
    "no kubeconfig blocks",
    { manifests: [configMap("a")] },
    [{ kind: "no access", why: "no kubeconfig" }],
    "blocked: /etc/kubernetes/admin.conf does not exist; run this on a control plane after the cluster was formed, or name another kubeconfig",
  ],
  [
    "no answer blocks",
    { manifests: [configMap("a")] },
    [{ kind: "no access", why: "no answer", text: "connection refused" }],
    "blocked: the API does not answer with /etc/kubernetes/admin.conf: connection refused; see that kube-apiserver, the balancer in front of it and the certificates are well",
  ],
  [
    "strays are removed",
    { manifests: [configMap("a", { set: "a" })], prune },
    [
      { kind: "same" },
      { kind: "strays", objects: [{ apiVersion: "v1", kind: "ConfigMap", namespace: "x", name: "b" }] },
    ],
    "ConfigMap x/b: present -> absent",
  ],
  [
    "what is not ready is waited for",
    { manifests: [], wait: [rollout] },
    [{ kind: "unmet", now: "1 of 2 pods available" }],
    "deployment/web: 1 of 2 pods available -> rolled out",
  ],
  [
    "what is waited for may be missing yet",
    {
      manifests: [],
      wait: [
        { resource: "a/b", for: { condition: "Ready" } },
        { resource: "a/c", for: { jsonpath: ".x", value: "1" } },
      ],
    },
    [{ kind: "absent" }, { kind: "unmet", now: "nothing" }],
    "a/b: absent -> Ready is True\na/c: nothing -> .x is 1",
  ],
  [
    "what cannot be asked for blocks",
    { manifests: [], wait: [rollout] },
    [{ kind: "refused", reason: "forbidden" }],
    "blocked: the API refused to answer: forbidden",
  ],
  [
    "objects that should not be there and are not",
    { manifests: [pool, namespace], state: "absent" },
    [{ kind: "absent" }, { kind: "absent" }],
    "converged: none of them is there",
  ],
  [
    "objects that should not be there go, the namespace last",
    { manifests: [namespace, configMap("a")], state: "absent" },
    [{ kind: "present" }, { kind: "present" }],
    "ConfigMap a: present -> absent\nNamespace shop: present -> absent",
  ],
];

for (const [title, params, answers, expected] of rows) {
  test(title, (t) => {
    t.is(shown(planned(params, answers)), expected);
  });
}

test("everything is applied by one command a namespace rule, and waited for after that", (t) => {
  const plan = planned(
    {
      manifests: [configMap("a"), { ...configMap("b"), metadata: { name: "b", namespace: "far" } }],
      namespace: "shop",
      wait: [rollout, { resource: "pool/p", namespace: "far", for: { condition: "Ready" } }],
      deadline: "90s",
    },
    [{ kind: "absent" }, { kind: "absent" }, { kind: "absent" }, { kind: "absent" }],
  );
  const text = commandsOf(plan).join("\n");
  const flags = "hw_retry apply --request-timeout 60s --server-side --field-manager hostwright --force-conflicts -f -";
  t.regex(text, new RegExp(`${flags} --namespace shop &&[^&]*${flags}\n`));
  t.regex(text, /hw_wait rollout status --namespace shop deployment\/web\n/);
  t.regex(text, /hw_wait wait --namespace far pool\/p '?--for=condition=Ready=True'?$/);
  t.is(text.match(/hw_deadline=90;/g)?.length, 3);
  t.true(plan.kind === "pending" && plan.changes.every(({ deadlineMs }) => deadlineMs === 105_000));
});

test("without force, nothing is taken over", (t) => {
  const plan = planned({ manifests: [configMap("a")], forceConflicts: false, fieldManager: "me" }, [differs]);
  t.regex(commandsOf(plan).join(), /--field-manager me -f - --namespace default$/);
});

test("a secret shows in no difference, no command and no key", (t) => {
  const params = {
    manifests: [
      { apiVersion: "v1", kind: "Secret", metadata: { name: "a" }, stringData: { x: new Secret("hunter2") } },
    ],
  };
  const plan = planned(params, [{ kind: "differs", fields: true }]);
  t.deepEqual(plan.kind === "pending" && plan.changes[0].diff, {
    path: "Secret a",
    before: undefined,
    after: undefined,
    masked: "secret",
  });
  t.notRegex(JSON.stringify([commandsOf(plan), kubectl(params).reads.map(readId)]), /hunter2|aHVudGVyMg/);
  t.true(
    kubectl(params).secrets.some((secret) => secret.reveal() === "hunter2"),
    "and no output may show it",
  );
});

test("after it, kinds that were unknown and what had not come are not known; the rest is", (t) => {
  const plan = planned({ manifests: [configMap("a")] }, [{ kind: "absent" }]);
  const predictions = plan.kind === "pending" ? plan.changes.flatMap(({ predicts }) => predicts) : [];
  const [own] = kubectl({ manifests: [configMap("a")] }).reads;
  const [other] = kubectl({ manifests: [configMap("a")], fieldManager: "other" }).reads;
  const [unrelated] = kubectl({ manifests: [configMap("b")] }).reads;
  const [wait] = kubectl({ manifests: [], wait: [rollout] }).reads;
  if (!own || !other || !unrelated || !wait) return t.fail();
  const isUnknown = (read: typeof own, answer: unknown) =>
    predictions.some((each) => each.kind === "unknown-where" && each.matches(read, answer, () => undefined));
  t.false(isUnknown(own, { kind: "absent" }));
  t.true(isUnknown(other, { kind: "same" }));
  t.false(isUnknown(unrelated, { kind: "absent" }));
  t.true(isUnknown(unrelated, { kind: "unknown kind" }));
  t.true(isUnknown(wait, { kind: "absent" }));
  t.false(isUnknown(wait, { kind: "met" }));
  t.true(predictions.some((each) => each.kind === "answer" && readId(each.read) === readId(own)));
});

const mistakes: readonly [string, object, RegExp][] = [
  ["manifests that are none", { manifests: [{ kind: "Pod" }] }, /manifests: object 1: apiVersion has to be/],
  [
    "a label to prune by that is missing",
    { manifests: [configMap("a")], prune },
    /prune.selector: ConfigMap a does not carry set=a: once applied/,
  ],
  [
    "a kind without its version",
    { manifests: [], prune: { ...prune, kinds: ["ConfigMap"] } },
    /prune.kinds.0: has to be a kind with its version/,
  ],
  [
    "a rollout of something else",
    { manifests: [], wait: [{ resource: "pod/a", for: "rollout" }] },
    /wait.0.resource: only a Deployment, DaemonSet/,
  ],
  [
    "a wait for what is to go",
    { manifests: [], state: "absent", wait: [rollout] },
    /absent can be neither waited for nor pruned/,
  ],
  ["a time without its unit", { manifests: [], deadline: "90" }, /deadline: has to be a time with its unit/],
  ["a time that is too short", { manifests: [], deadline: "10ms" }, /deadline: has to be between 1s and 24h/],
];
for (const [title, params, message] of mistakes) {
  test(`a mistake is told: ${title}`, (t) => {
    t.throws(() => kubectl(params as Params), { instanceOf: UsageError, message });
  });
}

test("it is named by its objects, or as one likes", (t) => {
  t.is(kubectl({ manifests: [configMap("a"), namespace] }).subject, "Namespace shop and 1 more");
  t.is(kubectl({ manifests: [], wait: [rollout] }).subject, "deployment/web");
  t.is(kubectl({ manifests: [], name: "pools" }).subject, "pools");
});
