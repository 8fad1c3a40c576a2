import test from "ava";
import { manifestsIn, nameOf } from "../../../lib/kubernetes/objects.ts";
import { Secret, secretText } from "../../../lib/secrets/secret.ts";

const configMap = (more: object = {}) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", ...more } });
const object = (index: number, input: Parameters<typeof manifestsIn>[0]) =>
  JSON.parse(manifestsIn(input)[index]?.json ?? "");

test("documents of YAML are objects; empty ones and comments are none", (t) => {
  const manifests = manifestsIn(`---
# nothing here
---
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: b}
---
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
`);
  t.deepEqual(manifests.map(nameOf), ["ConfigMap b/a", "Deployment web"]);
  t.deepEqual(manifestsIn("# nothing\n"), []);
});

test("plain words mean what they mean to kubectl", (t) => {
  const { spec } = object(
    0,
    `apiVersion: v1
kind: Pod
metadata: {name: a}
spec: {defaultMode: 0644, on: yes, port: "80", ports: 80:80, date: 2024-01-01, quoted: 'yes', base: &x {a: 1}, other: {<<: *x, b: 2}}`,
  );
  t.deepEqual(spec, {
    defaultMode: 420,
    true: true,
    port: "80",
    ports: "80:80",
    date: "2024-01-01",
    quoted: "yes",
    base: { a: 1 },
    other: { a: 1, b: 2 },
  });
});

test("lists are taken apart; namespaces and definitions come first, the rest as it was", (t) => {
  const crd = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "pools.example.com" },
    spec: { group: "example.com", names: { kind: "Pool" } },
  };
  const manifests = manifestsIn([
    { apiVersion: "v1", kind: "List", items: [configMap({ name: "z" }), configMap()] },
    crd,
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "n" } },
  ]);
  t.deepEqual(manifests.map(nameOf), [
    "Namespace n",
    "CustomResourceDefinition pools.example.com",
    "ConfigMap z",
    "ConfigMap a",
  ]);
  t.is(manifests[1]?.defines, "example.com Pool");
});

test("objects of kind Secret are secret, their stringData is data", (t) => {
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "a" },
    data: { kept: "eA==" },
    stringData: { word: new Secret("hunter2"), text: "ä" },
  };
  t.true(manifestsIn([secret])[0]?.secret);
  t.deepEqual(object(0, [secret]).data, { kept: "eA==", word: "aHVudGVyMg==", text: "w6Q=" });
  t.false("stringData" in object(0, [secret]));
});

test("an object with a Secret in it, and all of a SecretText, are secret", (t) => {
  const withSecret = { ...configMap(), data: { deep: [{ word: new Secret("hunter2") }] } };
  t.deepEqual(
    manifestsIn([withSecret, configMap({ name: "b" })]).map(({ secret }) => secret),
    [true, false],
  );
  t.is(object(0, [withSecret]).data.deep[0].word, "hunter2");
  const text = secretText`{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {x: ${new Secret("hunter2")}}}`;
  t.deepEqual(
    manifestsIn(text).map(({ secret }) => secret),
    [true],
  );
});

const mistakes: readonly [string, Parameters<typeof manifestsIn>[0], RegExp][] = [
  ["no mapping", "just words", /object 1: is not a mapping/],
  ["no YAML", "a: [1", /document 1 is not YAML: .* at character/],
  [
    "no apiVersion",
    [{ kind: "Pod", metadata: { name: "a" } }],
    /apiVersion has to be such as v1 or apps\/v1; found nothing/,
  ],
  ["no kind", [{ apiVersion: "v1", metadata: { name: "a" } }], /kind is missing/],
  ["no metadata", [{ apiVersion: "v1", kind: "Pod" }], /Pod has no metadata/],
  ["no name", [{ apiVersion: "v1", kind: "Pod", metadata: {} }], /Pod has no name that an object can have: nothing/],
  ["a name that none can have", [configMap({ name: "a b" })], /no name that an object can have: "a b"/],
  [
    "a generated name",
    [configMap({ generateName: "x-" })],
    /generateName; an object that is kept needs a name of its own/,
  ],
  ["the same object twice", [configMap(), configMap()], /ConfigMap a is there twice/],
  [
    "several at once",
    [{}, configMap({ namespace: 3 })],
    /object 1: .*; object 2: ConfigMap a has a namespace that is none: number/,
  ],
];
for (const [title, input, message] of mistakes) {
  test(`a mistake is told: ${title}`, (t) => {
    t.throws(() => manifestsIn(input), { message });
  });
}

test("what a Secret holds is known, so that no output shows it", (t) => {
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "a" },
    data: { a: "aHVudGVyMg==" },
    stringData: { b: "other" },
  };
  t.deepEqual(
    manifestsIn([secret])[0]?.secrets.map((each) => each.reveal()),
    ["hunter2", "other"],
  );
});
