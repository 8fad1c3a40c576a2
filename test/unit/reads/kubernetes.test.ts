import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import type { Read } from "../../../lib/engine/read.ts";
import { type Manifest, manifestsIn } from "../../../lib/kubernetes/objects.ts";
import { localChart } from "../../../lib/reads/helm-chart.ts";
import { helmRelease } from "../../../lib/reads/helm-release.ts";
import { kubernetesCondition } from "../../../lib/reads/kubernetes-conditions.ts";
import { nodeLabelsRead, nodeTaintsRead } from "../../../lib/reads/kubernetes-nodes.ts";
import { kubernetesObjects } from "../../../lib/reads/kubernetes-objects.ts";
import { kubernetesStrays } from "../../../lib/reads/kubernetes-strays.ts";
import { render } from "../../../lib/shell/sh.ts";
import { answersIn } from "./_split.ts";

/** What kubectl 1.36.4 and helm 3.21.4 printed, told by a stand-in that looks at its arguments. */
const FAKE_KUBECTL = String.raw`#!/bin/sh
echo asked >>"$LOG"
in=; case "$*" in *"-f -"*) in=$(cat);; esac
line() { printf '=\t%s\t%s\t%s\t%s\t{"apiVersion":"%s","kind":"%s","metadata":{"name":"%s"%s}%s}\n' "$1" "$2" "$3" "$4" "$1" "$2" "$4" "$5" "$6"; }
case "$*" in
*/dead.conf*) echo 'unable to recognize "STDIN": Get "https://127.0.0.1:1/api?timeout=32s": dial tcp 127.0.0.1:1: connect: connection refused' >&2; exit 1;;
*" apply "*)
  case $in in *'"name":"bad"'*) echo 'The ConfigMap "bad" is invalid: data: Invalid value: "x"' >&2; exit 1;; esac
  case $in in *'"name":"theirs"'*) printf '%s\n' 'error: Apply failed with 1 conflict: conflict with "kubectl": .data.x' 'Please review the fields above--they currently have other managers.' >&2; exit 1;; esac
  case $in in *'"name":"hooked"'*) echo 'Error from server (InternalError): Internal error occurred: failed calling webhook "a.b": connect: connection refused' >&2; exit 1;; esac
  case $in in *'"name":"same"'*) line v1 ConfigMap default same;; esac
  case $in in *'"name":"other"'*) line v1 ConfigMap default other '' ',"data":{"x":"2"}';; esac
  case $in in *'"kind":"Namespace"'*) line v1 Namespace '' shop ',"managedFields":[{"manager":"before-first-apply","operation":"Update","time":"2026-11-21T10:40:54Z"}]';; esac
  exit 0;;
*"get "*" -f -"*)
  case $in in *'"kind":"Foo"'*) printf '%s\n' 'error: resource mapping not found for name: "web" namespace: "" from "STDIN": no matches for kind "Foo" in version "a.example.com/v1"' 'ensure CRDs are installed first' >&2; bad=1;; esac
  case $in in *'"kind":"Lease"'*) echo 'Error from server (Forbidden): leases.coordination.k8s.io "l" is forbidden' >&2; bad=1;; esac
  for n in same bad theirs hooked; do case $in in *"\"name\":\"$n\""*) line v1 ConfigMap default "$n";; esac; done
  case $in in *'"name":"other"'*) line v1 ConfigMap default other '' ',"data":{"x":"1"}';; esac
  case $in in *'"name":"going"'*) line v1 ConfigMap default going ',"deletionTimestamp":"2026-11-21T10:40:54Z"';; esac
  case $in in *'"kind":"Namespace"'*) line v1 Namespace '' shop;; esac
  [ -z "$bad" ] || exit 1;;
*"get "*" nodes a b"*) printf '=\ta\t{"disk":"ssd","zone":"x"}\t[{"effect":"NoSchedule","key":"gpu"},{"effect":"NoExecute","key":"node.kubernetes.io/not-ready"}]\n';;
*"get "*Gadget*--all-namespaces*) echo 'error: the server doesn'"'"'t have a resource type "Gadget"' >&2; exit 1;;
*"get "*--all-namespaces*) printf 'default\tkept\thostwright\t\nshop\tkept\thostwright\t\ndefault\tstray\tkubectl\thostwright\t\ndefault\tforeign\tkubectl\t\ndefault\tnobody\t\n';;
*"get "*deployment/none*" -o "*) case "$*" in *deployment/web*) printf '=\tDeployment\t1\t2\t\t{"observedGeneration":1}\n';; esac;;
*"get "*deployment/web*) echo 'E1121 memcache.go:287] "Unhandled Error" err="metrics.k8s.io/v1beta1"' >&2
  printf '=\tDeployment\t1\t2\t\t{"conditions":[{"message":"Deployment does not have minimum availability.","status":"False","type":"Available"}],"observedGeneration":1,"replicas":2,"updatedReplicas":2}\n';;
*) echo 'error: the server doesn'"'"'t have a resource type "foo"' >&2; exit 1;;
esac`;

const FAKE_HELM = String.raw`#!/bin/sh
echo asked >>"$LOG"
case "$*" in
*"get metadata"*" none") echo 'Error: release: not found' >&2; exit 1;;
*"get metadata"*" lost") echo 'Error: Kubernetes cluster unreachable: Get "https://10.0.0.1:6443/version": dial tcp' >&2; exit 1;;
*"get metadata"*" stuck") echo '{"name":"stuck","chart":"c","version":"1.0.0","appVersion":"","namespace":"n","revision":3,"status":"pending-upgrade","deployedAt":"2026-11-21T10:00:00Z"}';;
*"get metadata"*) echo 'WARNING: Kubernetes configuration file is group-readable.' >&2
  echo '{"name":"web","chart":"c","version":"v1.2.3","appVersion":"1","namespace":"n","revision":2,"status":"deployed","deployedAt":"2026-11-21T10:00:00Z"}';;
*"get values"*" bare") echo null;;
*"get values"*) echo '{"b":"\u003c\u0026","a":1e+21}';;
*"show chart /srv/none"*) echo 'Error: path "/srv/none" not found' >&2; exit 1;;
*"show chart"*) printf 'apiVersion: v2\nappVersion: "1"\nname: web\ntype: application\nversion: v1.0.0\n';;
esac`;

const directory = mkdtempSync(join(tmpdir(), "hostwright-kubernetes-"));
test.after.always(() => rmSync(directory, { recursive: true, force: true }));
for (const folder of ["bin", "applets", "none"]) mkdirSync(join(directory, folder));
for (const [name, text] of Object.entries({ kubectl: FAKE_KUBECTL, helm: FAKE_HELM })) {
  writeFileSync(join(directory, "bin", name), text);
  chmodSync(join(directory, "bin", name), 0o755);
}
for (const file of ["admin.conf", "dead.conf"]) writeFileSync(join(directory, file), "");
const CONFIG = join(directory, "admin.conf");
const DEAD = join(directory, "dead.conf");

const busybox = ["/bin/busybox", "/usr/bin/busybox"].find((path) => existsSync(path));
for (const applet of ["awk", "grep", "tr", "cut", "head", "sha256sum", "cat", "sh", "base64"]) {
  if (busybox) symlinkSync(busybox, join(directory, "applets", applet));
}
const shells: readonly (readonly [string, readonly string[], string])[] = [
  ["sh", ["/bin/sh"], "/usr/bin:/bin"],
  ...(existsSync("/bin/bash") ? [["bash", ["/bin/bash", "--norc", "--posix"], "/usr/bin:/bin"] as const] : []),
  ...(busybox ? [["busybox ash with its own tools", [busybox, "ash"], join(directory, "applets")] as const] : []),
];

const configMap = (name: string) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { x: "ä'\n" } });
const objects = (input: readonly object[], kubeconfig = CONFIG, wanted: "applied" | "absent" = "applied") =>
  kubernetesObjects(
    manifestsIn(input),
    { kubeconfig, namespace: "default", manager: "hostwright", force: true },
    wanted,
  );
const condition = (resource: string) =>
  kubernetesCondition({ kubeconfig: CONFIG, namespace: "n", resource, condition: { kind: "rollout" } });
const strays = (apiVersion: string, kind: string) =>
  kubernetesStrays({
    kubeconfig: CONFIG,
    apiVersion,
    kind,
    labels: { a: "b" },
    manager: "hostwright",
    keep: [{ namespace: undefined, name: "kept" }],
    namespace: "default",
  });
const foo = { apiVersion: "a.example.com/v1", kind: "Foo", metadata: { name: "web" } };
const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "l" } };
const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } };
const refused = (reason: string) => ({ kind: "refused", reason });
const release = (name: string, values: "values" | "digest" | "none" = "values") =>
  helmRelease({ kubeconfig: CONFIG, namespace: "n", release: name }, values);

/** Title, reads, answers in words or whole, and how many processes it took. */
const rows: readonly [string, readonly Read<unknown>[], readonly unknown[], number][] = [
  [
    "objects that are the same cost two processes, however many",
    objects([configMap("same"), namespace]),
    ["same", "same"],
    2,
  ],
  ["an object that is missing costs one", objects([configMap("none")]), ["absent"], 1],
  ["one that is being deleted is not tried", objects([configMap("going")]), ["leaving"], 1],
  [
    "an unknown kind, beside others",
    objects([foo, configMap("same"), configMap("none")]),
    ["unknown kind", "same", "absent"],
    2,
  ],
  [
    "what nobody may look at is told for it alone",
    objects([lease, configMap("none"), foo]),
    [refused('Error from server (Forbidden): leases.coordination.k8s.io "l" is forbidden'), "absent", "unknown kind"],
    3,
  ],
  [
    "one that is refused does not hide the others",
    objects([configMap("bad"), configMap("same")]),
    [refused('The ConfigMap "bad" is invalid: data: Invalid value: "x"'), "same"],
    4,
  ],
  [
    "fields of others, without kubectl's advice",
    objects([configMap("theirs")]),
    [refused('Apply failed with 1 conflict: conflict with "kubectl": .data.x')],
    3,
  ],
  ["a webhook that is not up is no refusal", objects([configMap("hooked")]), ["no webhook"], 3],
  [
    "presence alone costs one process",
    objects([configMap("same"), configMap("none"), foo], CONFIG, "absent"),
    ["present", "absent", "absent"],
    1,
  ],
  ["an API that does not answer is asked once", objects([configMap("same"), foo], DEAD), ["no access", "no access"], 1],
  ["no kubeconfig", objects([configMap("same")], "/none"), [{ kind: "no access", why: "no kubeconfig" }], 0],
  [
    "an object that waits for its pods, whatever noise there is",
    [condition("deployment/web")],
    [{ kind: "unmet", now: "0 of 2 pods available" }],
    1,
  ],
  [
    "an object that is missing is found out by asking one by one",
    [condition("deployment/web"), condition("deployment/none")],
    [{ kind: "unmet", now: "0 of 2 pods available" }, "absent"],
    3,
  ],
  ["a kind that is missing has no objects", [condition("foo/x")], ["absent"], 1],
  [
    "strays were applied by us, and are not to be kept",
    [strays("v1", "ConfigMap")],
    [
      {
        kind: "strays",
        objects: [
          { apiVersion: "v1", kind: "ConfigMap", namespace: "shop", name: "kept" },
          { apiVersion: "v1", kind: "ConfigMap", namespace: "default", name: "stray" },
        ],
      },
    ],
    1,
  ],
  ["a kind that is not known has no strays", [strays("a.b/v1", "Gadget")], [{ kind: "strays", objects: [] }], 1],
  [
    "labels and taints of several nodes cost one process",
    [
      nodeLabelsRead(CONFIG, "a", ["disk", "none"]),
      nodeTaintsRead(CONFIG, "a", ["gpu"]),
      nodeLabelsRead(CONFIG, "b", ["disk"]),
    ].slice(0, 3),
    [
      { kind: "found", found: { disk: "ssd" } },
      { kind: "found", found: [{ key: "gpu", value: "", effect: "NoSchedule" }] },
      "absent",
    ],
    1,
  ],
  ["a release that is not there costs one process", [release("none")], ["absent"], 1],
  [
    "a release with its values",
    [release("web")],
    [{ kind: "deployed", chart: "c", version: "1.2.3", values: '{"a":1e+21,"b":"\\u003c\\u0026"}' }],
    2,
  ],
  [
    "a release without values",
    [release("bare")],
    [{ kind: "deployed", chart: "c", version: "1.2.3", values: "{}" }],
    2,
  ],
  [
    "a release with secret values brings their digest alone",
    [release("web", "digest")],
    [
      {
        kind: "deployed",
        chart: "c",
        version: "1.2.3",
        values: "8bf8fb7f57948f608909f9e79a4bea5702d8dc011a0cc00e0fe7311e7c9fb19a",
      },
    ],
    2,
  ],
  [
    "a release at which a helm was killed",
    [release("stuck", "none")],
    [{ kind: "under way", status: "pending-upgrade", since: "2026-11-21T10:00:00Z" }],
    1,
  ],
  ["helm without an API", [release("lost")], ["no access"], 1],
  [
    "charts on the host",
    [localChart("/srv/none"), localChart("/srv/web")],
    [
      { kind: "none", reason: 'Error: path "/srv/none" not found' },
      { kind: "found", name: "web", version: "1.0.0" },
    ],
    2,
  ],
];

for (const [shell, [program = "", ...flags], PATH] of shells) {
  for (const [index, [title, reads, expected, processes]] of rows.entries()) {
    test(`${shell}: ${title}`, (t) => {
      const log = join(directory, `log-${shell.slice(0, 4)}-${index}`);
      writeFileSync(log, "");
      const [first] = reads;
      if (!first) return t.fail();
      const keys = reads.map(({ key }) => key).sort();
      const printed = execFileSync(program, [...flags, "-c", `( ${render(first.kind.ask(keys))}\n)`], {
        env: { PATH: `${join(directory, "bin")}:${PATH}`, LC_ALL: "C", LOG: log },
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      });
      const { whole } = answersIn(first.kind, keys, printed);
      t.true(whole);
      const records = first.kind.split(Buffer.from(printed), keys);
      const answers = reads.map((read) =>
        read.kind.parse(records[keys.indexOf(read.key)] ?? Buffer.alloc(0), read.key),
      );
      for (const [at, wanted] of expected.entries()) {
        const answer = answers[at];
        t.deepEqual(typeof wanted === "string" ? (answer as { kind: string }).kind : answer, wanted);
      }
      t.is(readFileSync(log, "utf8").trim().split("\n").filter(Boolean).length, processes);
    });
  }
}

test("what differs comes along, unless it is secret", (t) => {
  const differing = (input: object) => {
    const [read] = objects([input]);
    const text = execFileSync(
      "/bin/sh",
      ["-c", `( ${render(read?.kind.ask([read.key]) ?? { kind: "sh", parts: [] })}\n)`],
      {
        env: { PATH: `${join(directory, "bin")}:/usr/bin:/bin`, LOG: "/dev/null" },
      },
    );
    return { text: text.toString(), answer: read?.kind.parse(text, read.key) };
  };
  const { answer } = differing(configMap("other"));
  t.like(answer as object, { kind: "differs", fields: true });
  t.regex((answer as { wanted: string }).wanted, /data:\n {2}x: "2"\n/);
});

test("no key has a secret in it, nor has what the host prints", (t) => {
  const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "other" }, stringData: { a: "hunter2" } };
  const manifests: readonly Manifest[] = manifestsIn([secret, configMap("same")]);
  const reads = kubernetesObjects(
    manifests,
    { kubeconfig: CONFIG, namespace: "d", manager: "m", force: true },
    "applied",
  );
  t.false(reads.some(({ key }) => key.includes("hunter2") || key.includes("aHVudGVyMg")));
  t.not(reads[0]?.kind.name, reads[1]?.kind.name);
  t.deepEqual(reads[0]?.kind.parse(Buffer.from("=\ndiffers\n"), reads[0].key), { kind: "differs", fields: true });
});
