import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { UsageError } from "../../../lib/errors.ts";
import { mergeValues } from "../../../lib/params/chart-values.ts";
import { render } from "../../../lib/shell/sh.ts";
import { calicoValues } from "../../../roles/pod-network/calico.ts";
import { calicoCrds } from "../../../roles/pod-network/calico-crds.ts";
import { flannelValues } from "../../../roles/pod-network/flannel.ts";
import { podNetwork } from "../../../roles/pod-network/index.ts";
import { networkReady } from "../../../roles/pod-network/network-ready.ts";
import { type NetworkState, networkState, parseNetwork } from "../../../roles/pod-network/network-state.ts";
import { answersIn } from "../reads/_split.ts";
import { commandsOf, given, planOf, shown } from "../tasks/_plan.ts";

const folder = mkdtempSync(join(tmpdir(), "hostwright-network-"));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

type Params = Parameters<typeof podNetwork>[0];
const named = (params: Params) => podNetwork(params).tasks.map(({ name, subject }) => `${name} ${subject}`);

test("flannel: its namespace, its chart, and the wait", (t) => {
  t.deepEqual(named({ provider: "flannel", podNetwork: "10.244.0.0/16" }), [
    "kubectl namespace kube-flannel",
    "helm kube-flannel/flannel",
    "networkReady kube-flannel-ds",
  ]);
});

test("Calico: the definitions of its kinds come before the operator", (t) => {
  t.deepEqual(named({ provider: "calico", podNetwork: "10.244.0.0/16" }), [
    "kubectl namespace tigera-operator",
    "command definitions of Calico v3.32.4",
    "helm tigera-operator/calico",
    "networkReady calico-node",
  ]);
});

const refused: readonly [string, object, RegExp][] = [
  [
    "pods among services",
    { serviceNetwork: "10.244.128.0/20" },
    /podNetwork: podNetwork 10\.244\.0\.0\/16 and serviceNetwork 10\.244\.128\.0\/20 overlap/,
  ],
  [
    "pods among hosts",
    { hostNetworks: ["10.0.0.0/24", "10.244.3.0/24"] },
    /and hostNetworks 10\.244\.3\.0\/24 overlap/,
  ],
  ["hosts among services", { hostNetworks: ["10.96.0.0/24"] }, /serviceNetwork 10\.96\.0\.0\/12 and hostNetworks/],
  ["a network that is an address", { podNetwork: "10.244.0.1/16" }, /podNetwork: has bits set behind its length/],
  [
    "a chart without a version",
    { calico: { chart: { version: "latest" } } },
    /calico\.chart\.version: has to be the version/,
  ],
  ["another network", { provider: "weave" }, /provider: /],
];

for (const [title, change, expected] of refused) {
  test(`podNetwork refuses ${title}`, (t) => {
    const params = { provider: "calico", podNetwork: "10.244.0.0/16", ...change } as Params;
    t.regex(t.throws(() => podNetwork(params), { instanceOf: UsageError })?.message ?? "", expected);
  });
}

const calico = {
  podNetwork: "10.244.0.0/16",
  encapsulation: "VXLANCrossSubnet",
  nodeAddresses: "node-ip" as const,
  blockSize: 26,
  values: {},
};

test("Calico finds a node's address as the kubelet has registered it, or in networks", (t) => {
  const networkOf = (change: object) => JSON.stringify(calicoValues({ ...calico, ...change }));
  t.regex(networkOf({}), /"nodeAddressAutodetectionV4":\{"kubernetes":"NodeInternalIP"\}/);
  t.regex(
    networkOf({ nodeAddresses: ["10.0.0.0/24"] }),
    /"nodeAddressAutodetectionV4":\{"cidrs":\["10\.0\.0\.0\/24"\]\}/,
  );
  t.notRegex(networkOf({}), /"mtu"/);
  t.regex(networkOf({ mtu: 1450 }), /"mtu":1450/);
});

test("values of the user are laid over those of the role", (t) => {
  const values = calicoValues({ ...calico, values: { whisker: { enabled: true }, installation: { registry: "a/" } } });
  t.deepEqual(values.whisker, { enabled: true });
  t.like(values.installation, { registry: "a/", cni: { type: "Calico" } });
  t.deepEqual(mergeValues({ a: [1], b: { c: 1 } }, { a: [2], b: { d: 2 } }), { a: [2], b: { c: 1, d: 2 } });
});

const flannel = { podNetwork: "10.244.0.0/16", backend: "vxlan", cniBinDir: "/opt/cni/bin", values: {} };

test("flannel's values say nothing of what is not told", (t) => {
  t.deepEqual(flannelValues(flannel), {
    podCidr: "10.244.0.0/16",
    flannel: { backend: "vxlan", cniBinDir: "/opt/cni/bin" },
  });
});

test("flannel's images, with a tag or the chart's own, from a registry with a port", (t) => {
  const { flannel: made } = flannelValues({
    ...flannel,
    image: "r:5000/flannel",
    cniImage: "r:5000/cni:v1",
    interface: "eth1",
  });
  t.like(made, {
    image: { repository: "r:5000/flannel" },
    flannel_cni: { image: { repository: "r:5000/cni", tag: "v1" } },
    args: ["--ip-masq", "--kube-subnet-mgr", "--iface=eth1"],
  });
});

test("Calico's definitions are rendered, applied by the server, and noted", (t) => {
  const task = calicoCrds({
    repository: "https://a/charts",
    version: "v3.32.4",
    namespace: "tigera-operator",
    kubeconfig: "/etc/kubernetes/admin.conf",
    deadlineMs: 60_000,
  });
  const [read] = task.reads;
  if (!read) return t.fail();
  const [text = ""] = commandsOf(planOf(task, [[read, 1]]));
  t.regex(
    text,
    /helm template calico-crds crd\.projectcalico\.org\.v1 --repo .*https:\/\/a\/charts.* --version .*v3\.32\.4/,
  );
  t.regex(text, /apply --server-side --force-conflicts/);
  t.regex(shown(planOf(task, [[read, 0]])), /^converged: /);
});

// As kubectl 1.36.4 prints them.
const RECORD = `=ok
NODE cp-1 True
NODE w-1 False
NODE w-2 Unknown
NODE w-3 ${""}
PODS 1 1 4 4 1
`;

test("nodes and pods as kubectl prints them", (t) => {
  t.deepEqual(parseNetwork(RECORD), {
    nodes: [
      { name: "cp-1", ready: "True" },
      { name: "w-1", ready: "False" },
      { name: "w-2", ready: "Unknown" },
      { name: "w-3", ready: "Unknown" },
    ],
    pods: { desired: 4, updated: 4, available: 1 },
  });
});

test("a DaemonSet that is not there, not looked at yet, or without a pod that is available", (t) => {
  t.deepEqual(parseNetwork("=ok\nNODE a True\n\n"), { nodes: [{ name: "a", ready: "True" }] });
  t.deepEqual(parseNetwork("=ok\n\nPODS 2 1 1 1 1\n"), { nodes: [] });
  t.deepEqual(parseNetwork("=ok\n\nPODS 1 1 1  \n"), { nodes: [], pods: { desired: 1, updated: 0, available: 0 } });
  t.is(parseNetwork("=failed\nrefused\n"), "refused");
});

const where = { namespace: "kube-flannel", daemonSet: "kube-flannel-ds", kubeconfig: "/etc/kubernetes/admin.conf" };
const task = networkReady({ ...where, deadlineMs: 1000 });
const pods = (desired: number, available: number) => ({ desired, updated: desired, available });
const nodes = (...ready: ("True" | "False" | "Unknown")[]) =>
  ready.map((each, index) => ({ name: `n${index}`, ready: each }));

const plans: readonly [string, NetworkState | string, string][] = [
  ["all is well", { pods: pods(2, 2), nodes: nodes("True", "True") }, "converged: 2 of 2 pods available, nodes ready"],
  [
    "a node is off",
    { pods: pods(3, 2), nodes: nodes("True", "True", "Unknown") },
    "converged: 2 of 3 pods available, nodes ready, silent: 1",
  ],
  [
    "a node waits for the network",
    { pods: pods(2, 2), nodes: nodes("True", "False") },
    "daemonset/kube-flannel-ds: 2 of 2 pods available, not ready: n1 -> available on all of them, nodes ready",
  ],
  [
    "a pod is missing",
    { pods: pods(2, 1), nodes: nodes("True", "True") },
    "daemonset/kube-flannel-ds: 1 of 2 pods available, nodes ready -> available on all of them, nodes ready",
  ],
  [
    "the operator has not come so far",
    { nodes: nodes("False") },
    "daemonset/kube-flannel-ds: not rolled out, not ready: n0 -> available on all of them, nodes ready",
  ],
  [
    "the API does not answer",
    "refused",
    "blocked: the nodes cannot be asked for by /etc/kubernetes/admin.conf: refused",
  ],
];

for (const [title, state, expected] of plans) {
  test(`ready: ${title}`, (t) => t.is(shown(planOf(task, [given(networkState(where), state)])), expected));
}

test("the question in a shell, for two networks", (t) => {
  const program = `#!/bin/sh
case "$*" in
*"/none get"*) echo refused >&2; exit 1;;
*nodes*) printf 'NODE a True\\n';;
*daemonset*) printf 'PODS 1 1 1 1 1';;
esac
`;
  writeFileSync(join(folder, "kubectl"), program, { mode: 0o755 });
  const { kind, key } = networkState(where);
  const keys = [key, networkState({ ...where, kubeconfig: "/none" }).key];
  const printed = execFileSync("/bin/sh", ["-c", render(kind.ask(keys))], { env: { PATH: `${folder}:/usr/bin:/bin` } });
  t.deepEqual(answersIn(kind, keys, printed.toString()), {
    answers: [{ nodes: [{ name: "a", ready: "True" }], pods: pods(1, 1) }, "refused"],
    whole: true,
  });
});
