import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import test from "ava";
import type { ActionContext } from "../../../lib/engine/action.ts";
import { TaskError, UsageError } from "../../../lib/errors.ts";
import { render, type Sh, sh } from "../../../lib/shell/sh.ts";
import { smokeTest } from "../../../roles/smoke-test/index.ts";
import { testObjects } from "../../../roles/smoke-test/manifests.ts";
import { digestOf, parseCluster, placement, type TestNode, testCluster } from "../../../roles/smoke-test/nodes.ts";
import { proveCluster } from "../../../roles/smoke-test/prove-cluster.ts";
import { failureIn, smokeTestScript } from "../../../roles/smoke-test/script.ts";
import { answersIn } from "../reads/_split.ts";

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "hostwright-smoke-"));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

const node = (name: string, change: Partial<TestNode> = {}): TestNode => {
  return {
    name,
    uid: `uid-${name}`,
    kubelet: "v1.36.4",
    ready: true,
    unschedulable: false,
    controlPlane: false,
    ...change,
  };
};

// As kubectl 1.36.4 prints them for a control plane, a cordoned worker, and a node that has not spoken yet.
const PRINTED = `=ok
cp-1|uid-cp-1|v1.36.4|True||{"kubernetes.io/hostname":"cp-1","node-role.kubernetes.io/control-plane":"","node.kubernetes.io/exclude-from-external-load-balancers":""}
w-1|uid-w-1|v1.36.4|Unknown|true|{"kubernetes.io/hostname":"w-1"}
w-2|uid-w-2|v1.36.4|||{"kubernetes.io/hostname":"w-2"}
passed ${"a".repeat(64)}
`;

test("nodes as kubectl prints them, and what was noted", (t) => {
  t.deepEqual(parseCluster(PRINTED), {
    nodes: [
      node("cp-1", { controlPlane: true }),
      node("w-1", { ready: false, unschedulable: true }),
      node("w-2", { ready: false }),
    ],
    passed: "a".repeat(64),
  });
});

test("what kubectl says in their place is kept", (t) => {
  t.is(parseCluster("=failed\nerror: stat /x: no such file\n"), "error: stat /x: no such file");
  t.is(parseCluster("=failed\n\n"), "kubectl said nothing");
  t.deepEqual(parseCluster("=ok\n\npassed \n"), { nodes: [], passed: undefined });
});

test("other nodes, and other kubelets, have another digest; whether they are ready has not", (t) => {
  const digest = digestOf([node("a"), node("b")]);
  t.is(digestOf([node("b", { ready: false }), node("a")]), digest);
  t.not(digestOf([node("a")]), digest);
  t.not(digestOf([node("a"), node("b", { uid: "other" })]), digest);
  t.not(digestOf([node("a"), node("b", { kubelet: "v1.36.5" })]), digest);
});

const placements: readonly [string, readonly TestNode[], object | undefined][] = [
  [
    "workers go before control planes",
    [node("cp-1", { controlPlane: true }), node("w-1"), node("w-2")],
    { server: "w-1", client: "w-2" },
  ],
  [
    "a control plane is the second where there is one worker",
    [node("cp-1", { controlPlane: true }), node("w-1")],
    { server: "w-1", client: "cp-1" },
  ],
  ["one node has both", [node("cp-1", { controlPlane: true })], { server: "cp-1", client: "cp-1" }],
  [
    "nodes that are cordoned or not ready are left out",
    [node("w-1", { ready: false }), node("w-2", { unschedulable: true }), node("w-3")],
    { server: "w-3", client: "w-3" },
  ],
  ["no node is fit", [node("w-1", { ready: false })], undefined],
];

for (const [title, nodes, expected] of placements) test(title, (t) => t.deepEqual(placement(nodes), expected));

const options = {
  namespace: "smoke-test-1",
  image: "busybox",
  line: "hello 1",
  server: "a",
  client: "b",
  kubeconfig: "/etc/kubernetes/admin.conf",
  clusterDomain: "cluster.local",
  startSeconds: 5,
  stepSeconds: 1,
};

test("the pods ask for no privilege, and are pinned to their nodes by the scheduler", (t) => {
  const text = JSON.stringify(testObjects(options));
  t.notRegex(text, /nodeName|"privileged"|hostNetwork/);
  t.is(text.match(/"runAsNonRoot":true/g)?.length, 2);
  t.regex(text, /matchFields":\[\{"key":"metadata\.name","operator":"In","values":\["b"\]/);
});

/** Runs the script with a kubectl that notes its arguments and answers as `answers` says, by sh's patterns. */
async function play(name: string, answers: string, change: object = {}) {
  const bin = join(folder, name);
  mkdirSync(bin);
  const log = join(bin, "log");
  const program = `#!/bin/sh\necho "$*" >>${log}\ncase "$*" in *"-f -"*) cat >/dev/null;; esac\ncase "$*" in\n${answers}\n*) ;;\nesac\n`;
  writeFileSync(join(bin, "kubectl"), program, { mode: 0o755 });
  const text = `{ ${render(smokeTestScript({ ...options, ...change }))}\n} 2>&1`;
  const { stdout, code } = await run("/bin/sh", ["-c", text], { env: { PATH: `${bin}:/usr/bin:/bin` } }).then(
    (done) => ({ ...done, code: 0 }),
    (error: { stdout: string; code: number }) => error,
  );
  return { lines: stdout.trimEnd().split("\n"), code, calls: readFileSync(log, "utf8") };
}

const WELL = '*logs*|*"exec client -- echo"*|*wget*) echo "hello 1";;';

test("a cluster that works: each step is told, and the namespace is gone", async (t) => {
  const { lines, code, calls } = await play("well", WELL);
  t.is(code, 0, lines.join("\n"));
  t.is(lines.filter((line) => /: \d+ s$/.test(line)).length, 8, lines.join("\n"));
  t.regex(calls, /delete namespace smoke-test-1 --ignore-not-found --timeout=60s\n$/);
});

test("a step that fails tells what it said last and the events, and the namespace goes", async (t) => {
  const { lines, code, calls } = await play(
    "dns",
    `*nslookup*) echo "can't resolve"; exit 1;;\n*events*) echo event;;\n${WELL}`,
  );
  t.is(code, 1);
  t.regex(failureIn(lines) ?? "", /^DNS knows the API, for \d s; it said last: can't resolve/);
  t.true(lines.includes("event"));
  t.regex(calls, /delete namespace smoke-test-1 --ignore-not-found --wait=false\n$/);
});

test("another answer than the service's line is a failure", async (t) => {
  const { code, lines } = await play("other", `*wget*) echo other;;\n${WELL}`);
  t.is(code, 1);
  t.regex(failureIn(lines) ?? "", /^the service answers, .* other/);
});

test("where the namespace could not be made nothing is deleted", async (t) => {
  const { code, lines, calls } = await play("namespace", "*create*) echo forbidden; exit 1;;");
  t.is(code, 1);
  t.is(failureIn(lines), "no namespace could be made");
  t.notRegex(calls, /delete/);
});

const context = (
  nodes: readonly TestNode[] | string,
  ran: { status: number; output: readonly string[] },
  passed?: string,
) => {
  const texts: Sh[] = [];
  const made: ActionContext = {
    host: "cp-1",
    read: async () => (typeof nodes === "string" ? nodes : { nodes, passed }) as never,
    run: async (text) => {
      texts.push(text);
      return ran;
    },
    reconnect: async () => {},
    sleep: async () => {},
    now: () => 0,
  };
  return { made, texts };
};

test("a passed test answers with its nodes", async (t) => {
  const { made } = context([node("a"), node("b")], { status: 0, output: [] });
  t.deepEqual(await proveCluster({}).run(made), { ran: true, server: "a", client: "b", tookMs: 0 });
});

test("what has passed with these nodes is not done again, unless it is always", async (t) => {
  const nodes = [node("a")];
  const repeat = "when nodes change";
  const again = context(nodes, { status: 0, output: [] }, digestOf(nodes));
  t.deepEqual(await proveCluster({ repeat }).run(again.made), { ran: false });
  t.is(again.texts.length, 0);
  await proveCluster({}).run(again.made);
  t.is(again.texts.length, 1);
  t.notRegex(render(again.texts[0] ?? sh``), /hostwright-smoke-test/);
  const other = context(nodes, { status: 0, output: [] }, digestOf([node("b")]));
  await proveCluster({ repeat }).run(other.made);
  t.regex(render(other.texts[0] ?? sh``), /"name":"hostwright-smoke-test".*"nodes":"[0-9a-f]{64}"/);
});

const failures: readonly [string, readonly TestNode[] | string, readonly string[], RegExp][] = [
  ["the API does not answer", "refused", [], /cannot ask for the nodes by \/etc\/kubernetes\/admin\.conf: refused/],
  ["no node is ready", [node("a", { ready: false })], [], /no node can run the smoke test: a is not ready/],
  ["there is no node", [], [], /there is none/],
  ["a step fails", [node("a")], ["x", "failed: pods run"], /smoke test \(a and a\): pods run/],
  ["it was ended", [node("a")], ["pods run: 1 s"], /it ended with status 1: pods run: 1 s/],
];

for (const [title, nodes, output, message] of failures) {
  test(`it fails where ${title}`, async (t) => {
    const { made } = context(nodes, { status: 1, output });
    await t.throwsAsync(proveCluster({}).run(made), { instanceOf: TaskError, message });
  });
}

test("an image that could be an option of a shell is refused", (t) => {
  t.throws(() => smokeTest({ image: "a b" }), { instanceOf: UsageError });
});

test("the question in a shell, for two kubeconfigs of which one is none", async (t) => {
  const bin = join(folder, "ask");
  mkdirSync(bin);
  const program = `#!/bin/sh
case "$*" in
*/none*) echo "stat /none: no such file" >&2; exit 1;;
*configmap*) printf ${"a".repeat(64)};;
*) echo 'cp-1|uid-cp-1|v1.36.4|True||{"node-role.kubernetes.io/control-plane":""}';;
esac
`;
  writeFileSync(join(bin, "kubectl"), program, { mode: 0o755 });
  const { kind } = testCluster("x");
  const keys = ["/etc/kubernetes/admin.conf", "/none"];
  const { stdout } = await run("/bin/sh", ["-c", render(kind.ask(keys))], { env: { PATH: `${bin}:/usr/bin:/bin` } });
  t.deepEqual(answersIn(kind, keys, stdout), {
    answers: [{ nodes: [node("cp-1", { controlPlane: true })], passed: "a".repeat(64) }, "stat /none: no such file"],
    whole: true,
  });
});
