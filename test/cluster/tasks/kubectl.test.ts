import test from "ava";
import { entryOf } from "../../../lib/engine/entry.ts";
import { Secret } from "../../../lib/secrets/secret.ts";
import { kubectl } from "../../../lib/tasks/kubectl.ts";
import { converge, errorFrom, openHost, prove } from "../../hosts/_host.ts";
import { waitFor } from "../../lab/wait.ts";
import { controlPlane, kubectlOn } from "./_api.ts";

const site = await controlPlane();
const NAMESPACE = "hw-kubectl";
const GONE = `delete namespace ${NAMESPACE} hw-kubectl-2 --ignore-not-found`;

test.before(async () => {
  await kubectlOn(site, GONE);
  await kubectlOn(site, "delete crd gadgets.hostwright.test --ignore-not-found");
});
test.after.always(async () => {
  await kubectlOn(site, GONE);
});

const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } };
const settings = (data: Record<string, string>, name = "settings", labels: Record<string, string> = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, labels },
  data,
});

test.serial("objects come with their namespace, are kept, and are changed", async (t) => {
  const make = (text: string) =>
    kubectl({ manifests: [settings({ text }), namespace], namespace: NAMESPACE, name: "settings" });
  await prove(t, site, [make("one\ntwo <&> ä\n")]);
  await prove(t, site, [make("one\n")]);
  const { results } = await converge(site.lab, site.host, [make("two\n")], { check: true });
  t.deepEqual(
    results[0]?.changes.map(({ what, from, to }) => [what, from, to]),
    [["ConfigMap settings", "otherwise", "as in the manifest"]],
  );
  t.regex(results[0]?.changes[0]?.diff?.before ?? "", /text: \|\n {4}one\n/);
  t.is(await kubectlOn(site, `get configmap settings -n ${NAMESPACE} -o jsonpath='{.data.text}'`), "one\n");
});

test.serial("YAML of several documents is applied; fields of others make no difference", async (t) => {
  const task = kubectl({
    manifests: `# a comment\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: key, namespace: hw-kubectl-2}\nstringData: {a: hunter2-secret}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: hw-kubectl-2}\n`,
  });
  const outcome = await prove(t, site, [task]);
  t.notRegex(JSON.stringify(outcome), /hunter2|aHVudGVyM/);
  await kubectlOn(site, "annotate secret key -n hw-kubectl-2 example.com/other=1");
  const { results } = await converge(site.lab, site.host, [task]);
  t.is(results[0]?.status, "ok");
});

test.serial("a secret that changes shows neither as it was nor as it becomes", async (t) => {
  const make = (a: string) =>
    kubectl({
      manifests: [{ apiVersion: "v1", kind: "Secret", metadata: { name: "key" }, stringData: { a: new Secret(a) } }],
      namespace: "hw-kubectl-2",
    });
  const outcome = await prove(t, site, [make("correct-horse")]);
  t.notRegex(JSON.stringify(outcome), /hunter2|correct|aHVudGVyM|Y29ycmVjd/);
  t.is(await kubectlOn(site, "get secret key -n hw-kubectl-2 -o jsonpath='{.data}'"), '{"a":"Y29ycmVjdC1ob3JzZQ=="}');
});

test.serial("what is not in the manifests any more is pruned, and nothing else", async (t) => {
  const labels = { "example.com/set": "a" };
  const make = (...names: string[]) =>
    kubectl({
      manifests: names.map((name) => settings({ name }, name, labels)),
      namespace: NAMESPACE,
      prune: { selector: labels, kinds: ["v1/ConfigMap", "gone.example.com/v1/Gadget"] },
      name: "set a",
    });
  await prove(t, site, [make("one", "two")]);
  await kubectlOn(site, `create configmap foreign -n ${NAMESPACE}`);
  await kubectlOn(site, `label configmap foreign -n ${NAMESPACE} example.com/set=a`);
  const { results } = await prove(t, site, [make("two")]);
  t.deepEqual(
    results[0]?.changes.map(({ what, from, to }) => `${what}: ${from} -> ${to}`),
    [`ConfigMap ${NAMESPACE}/one: present -> absent`],
  );
  t.is(
    await kubectlOn(site, `get configmap -n ${NAMESPACE} -l example.com/set=a -o name`),
    "configmap/foreign\nconfigmap/two\n",
  );
});

const crd = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "gadgets.hostwright.test" },
  spec: {
    group: "hostwright.test",
    scope: "Namespaced",
    names: { kind: "Gadget", plural: "gadgets", singular: "gadget" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: { spec: { type: "object", properties: { size: { type: "integer" } } } },
          },
        },
      },
    ],
  },
};
/** Nobody answers for it. */
const webhook = {
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingWebhookConfiguration",
  metadata: { name: "hw-kubectl" },
  webhooks: [
    {
      name: "hooked.hostwright.test",
      clientConfig: { url: "https://127.0.0.1:9/" },
      rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["*"], resources: ["configmaps"] }],
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": NAMESPACE } },
      admissionReviewVersions: ["v1"],
      sideEffects: "None",
    },
  ],
};
const gadget = { apiVersion: "hostwright.test/v1", kind: "Gadget", metadata: { name: "g" }, spec: { size: 3 } };

test.serial("an object of an unknown kind is blocked alone, and created with its definition", async (t) => {
  const alone = await converge(site.lab, site.host, [kubectl({ manifests: [gadget], namespace: NAMESPACE })]);
  t.regex(alone.error?.message ?? "", /Gadget g: the API knows no kind Gadget of hostwright.test\/v1; install what/);
  const definition = kubectl({
    manifests: [crd],
    wait: [{ resource: "crd/gadgets.hostwright.test", for: { condition: "Established" } }],
    name: "definition",
  });
  const both = await converge(
    site.lab,
    site.host,
    [definition, kubectl({ manifests: [gadget], namespace: NAMESPACE })],
    { check: true },
  );
  t.deepEqual(
    both.results.map(({ status, reason }) => `${status} ${reason}`),
    ["would-change ", "unknown unknown until kubectl definition is applied"],
  );
  await prove(t, site, [
    kubectl({
      manifests: [gadget, crd],
      namespace: NAMESPACE,
      wait: [{ resource: "crd/gadgets.hostwright.test", for: { condition: "Established" } }],
    }),
  ]);
});

test.serial("fields of somebody else are told, and taken over where that is demanded", async (t) => {
  await kubectlOn(site, `create configmap shared -n ${NAMESPACE} --from-literal=a=theirs`);
  const make = (forceConflicts: boolean) =>
    kubectl({ manifests: [settings({ a: "ours" }, "shared")], namespace: NAMESPACE, forceConflicts });
  const { error } = await converge(site.lab, site.host, [make(false)]);
  t.regex(
    error?.message ?? "",
    /ConfigMap shared has fields that others have set otherwise \(conflict with "kubectl-create" using v1: .data.a\)/,
  );
  await prove(t, site, [make(true)]);
  await prove(t, site, [make(false)], ["ok"]);
});

test.serial("a mistake in one object is told for it, and only there", async (t) => {
  const task = kubectl({
    manifests: [settings({ a: "1" }, "fine"), { ...settings({}, "shared"), data: { a: ["no text"] } }],
    namespace: NAMESPACE,
  });
  const { error } = await converge(site.lab, site.host, [task]);
  t.regex(error?.message ?? "", /the API refuses ConfigMap shared: .*expected string/);
});

test.serial("what is waited for is part of the state", async (t) => {
  const task = kubectl({
    manifests: [],
    wait: [{ resource: "gadget/g", namespace: NAMESPACE, for: { jsonpath: ".spec.size", value: "4" } }],
    deadline: "3s",
    name: "size",
  });
  const { error, output } = await converge(site.lab, site.host, [task]);
  t.regex(error?.message ?? "", /size failed with status 1 \(gadget\/g is 3, wanted .spec.size is 4\)/);
  t.true(
    output.some((line) => line.includes("timed out waiting")),
    output.join("\n"),
  );
  await kubectlOn(site, `patch gadget g -n ${NAMESPACE} --type merge -p '{"spec":{"size":4}}'`);
  await prove(t, site, [task], ["ok"]);
});

test.serial("a rollout is waited for", async (t) => {
  const labels = { app: "none" };
  const container = { name: "c", image: "registry.k8s.io/pause:3.10.2" };
  const deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "none" },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  };
  const wait = [{ resource: "deployment/none", for: "rollout" }] as const;
  const task = kubectl({ manifests: [deployment], namespace: NAMESPACE, wait: [...wait], deadline: "30s" });
  const { results, output } = await prove(t, site, [task]);
  t.deepEqual(
    results[0]?.changes.map(({ what, from, to }) => `${what}: ${from} -> ${to}`),
    ["Deployment none: absent -> as in the manifest", "deployment/none: absent -> rolled out"],
  );
  t.true(output.includes('deployment "none" successfully rolled out'), output.join("\n"));
});

test.serial("an apply goes on until a webhook is up", async (t) => {
  await kubectlOn(site, `apply -f - <<'X'\n${JSON.stringify(webhook)}\nX`);
  t.teardown(() =>
    kubectlOn(site, `delete validatingwebhookconfiguration ${webhook.metadata.name} --ignore-not-found`),
  );
  const task = kubectl({ manifests: [settings({ a: "1" }, "hooked")], namespace: NAMESPACE, deadline: "40s" });
  const { run, told } = openHost(site.lab, site.host);
  const work = errorFrom(run.converge([entryOf("test", task)]));
  const tries = () => told.output.filter((line) => line.startsWith("trying again")).length;
  await waitFor("a second try", 30_000, () => tries() > 0);
  await kubectlOn(site, `delete validatingwebhookconfiguration ${webhook.metadata.name}`);
  t.is(await work.finally(() => run.close()), undefined);
  t.true(told.output.some((line) => line.includes("failed calling webhook")));
  await prove(t, site, [task], ["ok"]);
});

test.serial("objects are deleted, and gone is gone", async (t) => {
  const absent = kubectl({
    manifests: [settings({}), crd, gadget],
    namespace: NAMESPACE,
    state: "absent",
    name: "nothing left",
  });
  await prove(t, site, [absent]);
  t.is(await kubectlOn(site, "get crd gadgets.hostwright.test --ignore-not-found"), "");
});

test.serial("without kubectl, kubeconfig or API it says what to do", async (t) => {
  const task = (kubeconfig: string) => kubectl({ manifests: [namespace], kubeconfig });
  const missing = await converge(site.lab, site.host, [task("/etc/kubernetes/none.conf")]);
  t.regex(
    missing.error?.message ?? "",
    /is blocked: \/etc\/kubernetes\/none.conf does not exist; run this on a control/,
  );
  await site.host.exec("sed 's,server: .*,server: https://127.0.0.1:1,' /etc/kubernetes/admin.conf > /root/dead.conf");
  const dead = await converge(site.lab, site.host, [task("/root/dead.conf")]);
  t.regex(dead.error?.message ?? "", /the API does not answer with \/root\/dead.conf: .*connection refused/);
});
