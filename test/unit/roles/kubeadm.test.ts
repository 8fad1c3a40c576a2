import test from "ava";
import { parseAllDocuments } from "yaml";
import { UsageError } from "../../../lib/errors.ts";
import { path } from "../../../lib/reads/path.ts";
import { textFile } from "../../../lib/reads/text-file.ts";
import { MASK } from "../../../lib/secrets/secret.ts";
import { type ClusterNodeParams, ClusterShape, RECORD } from "../../../roles/kubeadm/cluster.ts";
import { controlPlaneConfig, initConfig, joinConfig } from "../../../roles/kubeadm/config.yaml.ts";
import { kubeadmConfiguration } from "../../../roles/kubeadm/configuration.ts";
import { forgotten } from "../../../roles/kubeadm/forgotten.ts";
import { makeJoinSecrets } from "../../../roles/kubeadm/join-secrets.ts";
import {
  judgeControlPlane,
  judgeWorker,
  remainsOf,
  type Standing,
  unfinishedMembers,
} from "../../../roles/kubeadm/judge.ts";
import { cpuManagerState, cpusOf, withSettings } from "../../../roles/kubeadm/kubelet.ts";
import { type NodeState, nodeState, parseMembers, parseNodeState, TELLING } from "../../../roles/kubeadm/node-state.ts";
import { kubeadmReset, OUT } from "../../../roles/kubeadm/reset.ts";
import { kubeadmMaster } from "../../../roles/kubeadm-master/index.ts";
import { given, planOf, shown } from "../tasks/_plan.ts";

const params = (more: object = {}): ClusterNodeParams =>
  ClusterShape.parse({
    name: "cp-1",
    address: "10.0.0.11",
    controlPlanes: [
      { name: "cp-1", address: "10.0.0.11" },
      { name: "cp-2", address: "10.0.0.12" },
    ],
    endpoint: { address: "10.0.0.100", port: 6443 },
    bindPort: 6444,
    kubernetesVersion: "1.36.4",
    ...more,
  });
const documents = (text: string) => parseAllDocuments(text).map((document) => document.toJS());

test("the configuration names the bind port, the node's own address and the endpoint", (t) => {
  const [init, cluster, kubelet, proxy] = documents(
    controlPlaneConfig(
      params({ kubelet: { cgroupDriver: "cgroupfs" }, extraArgs: { etcd: { "snapshot-count": "5000" } } }),
    ),
  );
  t.deepEqual(init.localAPIEndpoint, { advertiseAddress: "10.0.0.11", bindPort: 6444 });
  t.deepEqual(init.nodeRegistration.kubeletExtraArgs, [{ name: "node-ip", value: "10.0.0.11" }]);
  t.false("taints" in init.nodeRegistration, "kubeadm's own taint");
  t.is(cluster.controlPlaneEndpoint, "10.0.0.100:6443");
  t.deepEqual(cluster.apiServer.certSANs, ["10.0.0.100"]);
  t.deepEqual(cluster.etcd.local.extraArgs, [{ name: "snapshot-count", value: "5000" }]);
  t.is(kubelet.cgroupDriver, "cgroupfs");
  t.is(proxy.kind, "KubeProxyConfiguration");
});

test("a schedulable control plane is registered without taints; IPv6 endpoints have brackets", (t) => {
  const [init, cluster] = documents(
    controlPlaneConfig(params({ schedulable: true, endpoint: { address: "2001:db8::100", port: 6443 } })),
  );
  t.deepEqual(init.nodeRegistration.taints, []);
  t.is(cluster.controlPlaneEndpoint, "[2001:db8::100]:6443");
});

test("init and join have token and key, which show nowhere", (t) => {
  const secrets = makeJoinSecrets();
  t.regex(secrets.token.reveal(), /^[a-z0-9]{6}\.[a-z0-9]{16}$/);
  t.regex(secrets.certificateKey.reveal(), /^[0-9a-f]{64}$/);
  const init = initConfig(params(), secrets);
  t.deepEqual(documents(init.reveal())[0].bootstrapTokens, [{ token: secrets.token.reveal(), ttl: "15m0s" }]);
  t.is(documents(init.reveal()).length, 4);
  const join = joinConfig(params(), {
    secrets,
    caHash: "sha256:ab",
    controlPlane: { bindPort: 6444, schedulable: false },
  });
  t.like(documents(join.reveal())[0], {
    discovery: {
      bootstrapToken: {
        apiServerEndpoint: "10.0.0.100:6443",
        token: secrets.token.reveal(),
        caCertHashes: ["sha256:ab"],
      },
    },
    controlPlane: {
      certificateKey: secrets.certificateKey.reveal(),
      localAPIEndpoint: { advertiseAddress: "10.0.0.11", bindPort: 6444 },
    },
    patches: { directory: "/etc/kubernetes/patches" },
  });
  const worker = joinConfig(params(), { secrets, caHash: "sha256:ab" });
  t.false(worker.reveal().includes("controlPlane"));
  t.is(`${init}${join}${worker}`, MASK.repeat(3));
});

// As a control plane printed it, its authority and ids shortened.
const printedState = `file ${TELLING.adminConf}
file ${TELLING.kubeletConf}
file ${TELLING.record}
ca ${Buffer.from("-----BEGIN CERTIFICATE-----\n").toString("base64")}
answers
configmap/kubeadm-config
node/cp-1
node/cp-2
members {"header":{"member_id":6963223178629531954},"members":[{"ID":6963223178629531954,"name":"cp-2","peerURLs":["https://10.0.0.12:2380"]},{"ID":17039377769585566550,"peerURLs":["https://10.0.0.13:2380"],"isLearner":true}]}
end
`;

test("what a control plane prints is read, ids of 64 bits to the digit", (t) => {
  const state = parseNodeState(printedState);
  t.deepEqual([...state.files], [TELLING.adminConf, TELLING.kubeletConf, TELLING.record]);
  t.is(state.ca, "-----BEGIN CERTIFICATE-----\n");
  t.deepEqual(state.api, { kind: "answers", formed: true, nodes: ["cp-1", "cp-2"] });
  t.deepEqual(state.members, [
    { id: "60a2569695fac932", name: "cp-2", peerUrls: ["https://10.0.0.12:2380"], voting: true },
    { id: "ec7807cd8dd5e356", name: "", peerUrls: ["https://10.0.0.13:2380"], voting: false },
  ]);
});

test("a host without anything, one whose API is silent, and a record that was cut off", (t) => {
  t.deepEqual(parseNodeState("end\n"), OUT);
  t.deepEqual(parseNodeState("silent The connection was refused\nend\n").api, {
    kind: "silent",
    said: "The connection was refused",
  });
  t.throws(() => parseNodeState("answers\n"), { message: /ends in the middle/ });
  t.deepEqual(parseMembers("{}"), []);
});

const formed: readonly string[] = Object.values(TELLING).filter((file) => file !== TELLING.bootstrapConf);
const state = (files: readonly string[], more: Partial<NodeState> = {}): NodeState => ({
  files: new Set(files),
  ca: "ca",
  api: { kind: "answers", formed: true, nodes: ["cp-1", "cp-2"] },
  members: [{ id: "a1", name: "cp-1", peerUrls: ["https://10.0.0.11:2380"], voting: true }],
  ...more,
});
const silent = { kind: "silent", said: "connection refused" } as const;
const without = (...gone: readonly string[]) => formed.filter((file) => !gone.includes(file));

const told = (standing: Standing) =>
  standing.kind === "half"
    ? `half, lacks ${standing.missing.join(", ")}`
    : standing.kind === "in"
      ? `in${standing.complete ? "" : ", not to its end"}`
      : standing.kind;

const controlPlanes: readonly [string, NodeState, string][] = [
  ["nothing was ever done", OUT, "out"],
  ["formed and voting", state(formed), "in"],
  ["formed, but interrupted before its record", state(without(TELLING.record)), "in, not to its end"],
  [
    "formed by init, its configuration not uploaded yet",
    state(formed, { api: { kind: "answers", formed: false, nodes: ["cp-1"] } }),
    "in, not to its end",
  ],
  ["its API server is down, with a record", state(formed, { api: silent, members: undefined }), "silent"],
  [
    "its API server never came up",
    state(without(TELLING.record), { api: silent, members: undefined }),
    "half, lacks its API: connection refused",
  ],
  [
    "init ended after the certificates",
    state([TELLING.pki], { api: { kind: "no kubeconfig" }, members: undefined }),
    `half, lacks ${[TELLING.adminConf, TELLING.kubeletConf, TELLING.kubeletConfig, TELLING.apiServer, TELLING.controllerManager, TELLING.scheduler, TELLING.etcd].join(", ")}`,
  ],
  [
    "still a learner",
    state(formed, { members: [{ id: "a1", name: "cp-1", peerUrls: [], voting: false }] }),
    "half, lacks a vote of etcd's member cp-1: it is still a learner",
  ],
  ["its member is gone", state(formed, { members: [] }), "half, lacks member cp-1 of etcd"],
  [
    "its member has never started, so it has no name",
    state(formed, { members: [{ id: "a1", name: "", peerUrls: ["https://10.0.0.11:2380"], voting: false }] }),
    "half, lacks a vote of etcd's member cp-1: it is still a learner",
  ],
  [
    "its node was deleted",
    state(formed, { api: { kind: "answers", formed: true, nodes: ["cp-2"] } }),
    "half, lacks node cp-1 in the API",
  ],
  [
    "a kubelet.conf without a cluster",
    state([TELLING.kubeletConf], { api: silent, members: undefined }),
    `half, lacks ${[TELLING.adminConf, TELLING.kubeletConfig, TELLING.apiServer, TELLING.controllerManager, TELLING.scheduler, TELLING.etcd].join(", ")}`,
  ],
];
for (const [title, found, expected] of controlPlanes) {
  test(`a control plane: ${title}`, (t) => t.is(told(judgeControlPlane(found, "cp-1", "10.0.0.11")), expected));
}

const joined = [TELLING.kubeletConf, TELLING.kubeletConfig, TELLING.pki];
const workers: readonly [string, NodeState, string][] = [
  ["nothing was ever done", OUT, "out"],
  ["joined", state(joined, { api: { kind: "answers", formed: true, nodes: ["w-1"] } }), "in"],
  ["joined, the API is down", state(joined, { api: silent }), "silent"],
  [
    "of another cluster",
    state(joined, { api: { kind: "silent", said: "x509: certificate signed by unknown authority" } }),
    "half, lacks a cluster that knows it: x509: certificate signed by unknown authority",
  ],
  ["its node was deleted", state(joined), "half, lacks node w-1 in the API"],
  [
    "the join was interrupted",
    state([TELLING.bootstrapConf, TELLING.pki], { api: { kind: "no kubeconfig" } }),
    `half, lacks ${TELLING.kubeletConf}, ${TELLING.kubeletConfig}`,
  ],
  [
    "a control plane was formed here",
    state(formed),
    "half, lacks nothing: a control plane was formed here, not a worker",
  ],
];
for (const [title, found, expected] of workers) {
  test(`a worker: ${title}`, (t) => t.is(told(judgeWorker(found, "w-1")), expected));
}

test("what a cluster still holds of a host that was replaced", (t) => {
  t.deepEqual(remainsOf(state(formed), "cp-1", "10.0.0.11"), ["node cp-1 in the API", "member cp-1 of etcd"]);
  t.deepEqual(remainsOf(state(formed), "cp-3", "10.0.0.13"), []);
});

test("members of etcd that are not done with their join, the node's own left out", (t) => {
  const members = [
    { id: "a1", name: "cp-1", peerUrls: ["https://10.0.0.11:2380"], voting: true },
    { id: "a2", name: "", peerUrls: ["https://10.0.0.12:2380"], voting: true },
    { id: "a3", name: "cp-3", peerUrls: ["https://10.0.0.13:2380"], voting: false },
  ];
  const found = state(formed, { members });
  t.deepEqual(unfinishedMembers(found, "cp-4", "10.0.0.14"), ["https://10.0.0.12:2380", "cp-3"]);
  t.deepEqual(unfinishedMembers(found, "cp-2", "10.0.0.12"), ["cp-3"]);
  t.deepEqual(unfinishedMembers(state(formed, { members: members.slice(0, 1) }), "cp-2", "10.0.0.12"), []);
});

test("letting go of a node: its member first, what is gone is gone", (t) => {
  const server = "https://10.0.0.12:6444";
  const read = nodeState({ server, nodes: ["cp-1"] });
  const task = forgotten({ name: "cp-1", address: "10.0.0.11", server });
  t.is(shown(planOf(task, [given(read, state(formed))])), "member of etcd: a1 -> removed\nnode: in the API -> deleted");
  const gone = state(formed, { members: [], api: { kind: "answers", formed: true, nodes: [] } });
  t.is(shown(planOf(task, [given(read, gone)])), "converged: the cluster does not know it");
  t.regex(
    shown(planOf(task, [given(read, state(formed, { members: undefined }))])),
    /^blocked: etcd does not answer here/,
  );
});

test("a host that is out needs no reset", (t) => {
  const task = kubeadmReset({ name: "w-1", criSocket: "unix:///run/containerd/containerd.sock" });
  t.is(shown(planOf(task, [given(nodeState({ nodes: ["w-1"] }), OUT)])), "converged: out of any cluster");
  t.is(
    shown(planOf(task, [given(nodeState({ nodes: ["w-1"] }), state([TELLING.kubeletConf]))])),
    `node: ${TELLING.kubeletConf} -> out of any cluster, by kubeadm reset`,
  );
});

const configured = (record: string) =>
  kubeadmConfiguration({
    name: "cp-1",
    server: "https://10.0.0.11:6444",
    config: initConfig(params(), makeJoinSecrets()),
    record,
  });
const recorded = (text: string) => [given(textFile(RECORD), { kind: "text", text })];

test("a configuration that differs is a plan with a diff, and names what is done", (t) => {
  const wanted = controlPlaneConfig(params({ certSANs: ["api.example.com"] }));
  const plan = planOf(configured(wanted), recorded(controlPlaneConfig(params())));
  t.is(shown(plan), "configuration: another -> as configured");
  t.like(plan.kind === "pending" ? plan.changes[0].diff : {}, { before: controlPlaneConfig(params()), after: wanted });
  t.is(shown(planOf(configured(wanted), recorded(wanted))), "converged: formed as configured");
  t.regex(shown(planOf(configured(wanted), [given(textFile(RECORD), { kind: "absent" })])), /not recorded/);
});

test("what a formed cluster cannot change is said, with what to do instead", (t) => {
  const wanted = controlPlaneConfig(params({ podSubnet: "10.245.0.0/16", kubernetesVersion: "1.37.0" }));
  t.is(
    shown(planOf(configured(wanted), recorded(controlPlaneConfig(params())))),
    'blocked: networking.podSubnet is "10.244.0.0/16" and cannot become "10.245.0.0/16": running pods hold addresses of it: form a new cluster for another range; ' +
      'kubernetesVersion is "v1.36.4" and cannot become "v1.37.0": an upgrade goes node by node: a changed configuration does not do it',
  );
});

test("kubelet's settings are laid over those of kubeadm; a file that has them is left to the byte", (t) => {
  const text = "cgroupDriver: systemd\nevictionHard:\n  memory.available: 100Mi\nclusterDomain: cluster.local\n";
  t.is(withSettings(text, { cgroupDriver: "systemd", evictionHard: { "memory.available": "100Mi" } }), text);
  t.is(
    withSettings(text, { evictionHard: { "memory.available": "5%" }, maxPods: 50 }),
    "cgroupDriver: systemd\nevictionHard:\n  memory.available: 5%\nclusterDomain: cluster.local\nmaxPods: 50\n",
  );
});

test("only an API server that lacks nothing but its answer is waited for", (t) => {
  const silentOf = (of: NodeState) => {
    const standing = judgeControlPlane(of, "cp-1", "10.0.0.11");
    return standing.kind === "half" && standing.silent === true;
  };
  const down = { api: silent, members: undefined };
  t.true(silentOf(state(without(TELLING.record), down)));
  t.false(silentOf(state(without(TELLING.record, TELLING.kubeletConfig), down)));
});

const STATE = "/var/lib/kubelet/cpu_manager_state";
const cpuStates: readonly [string, string | undefined, string][] = [
  ["no state yet", undefined, "converged: there is no state yet"],
  ["the same policy", '{"policyName":"static","defaultCpuSet":"0-3"}', "converged: the state is of policy static"],
  [
    "another policy",
    '{"policyName":"none","defaultCpuSet":""}',
    "state of the CPU manager: of policy none -> removed; the kubelet makes a new one",
  ],
  [
    "a reserved CPU that a pod has",
    '{"policyName":"static","defaultCpuSet":"1-3"}',
    "state of the CPU manager: reserved CPUs 0 are given to pods -> removed; the kubelet makes a new one",
  ],
  [
    "a file that is none",
    "{",
    "state of the CPU manager: of policy that cannot be read -> removed; the kubelet makes a new one",
  ],
];
for (const [title, text, expected] of cpuStates) {
  test(`the CPU manager's state: ${title}`, (t) => {
    const found = text === undefined ? ({ kind: "absent" } as const) : ({ kind: "text", text } as const);
    const task = cpuManagerState({ policy: "static", reserved: "0" });
    t.is(shown(planOf(task, [given(textFile(STATE), found), given(path(STATE), { type: "absent" })])), expected);
  });
}

test("lists of CPUs", (t) => {
  t.deepEqual(cpusOf("0-2,5"), [0, 1, 2, 5]);
  t.deepEqual(cpusOf(""), []);
});

const input = () => ({
  name: "cp-1",
  address: "10.0.0.11",
  controlPlanes: [
    { name: "cp-1", address: "10.0.0.11" },
    { name: "cp-2", address: "10.0.0.12" },
    { name: "cp-3", address: "10.0.0.13" },
  ],
  endpoint: { address: "10.0.0.100", port: 6443 },
  bindPort: 6444,
  kubernetesVersion: "1.36.4",
});
const refused: readonly [string, object, RegExp][] = [
  ["a node that is not among the control planes", { name: "cp-9" }, /controlPlanes: does not have this node, cp-9/],
  ["an address that the list tells otherwise", { address: "10.0.0.19" }, /address: is 10\.0\.0\.19, but 10\.0\.0\.11/],
  [
    "an endpoint that is one of several",
    { endpoint: { address: "10.0.0.12", port: 6443 } },
    /endpoint: is the address of one of 3/,
  ],
  [
    "a part of a CPU",
    { resources: { etcd: { cpu: "500m", memory: "1Gi" } } },
    /resources\.etcd\.cpu: has to be whole CPUs/,
  ],
  ["CPUs that are no list", { kubelet: { reservedSystemCPUs: "0-" } }, /reservedSystemCPUs: has to be a list of CPUs/],
];
for (const [title, changes, message] of refused) {
  test(`kubeadmMaster refuses ${title}`, (t) => {
    const error = t.throws(() => kubeadmMaster({ ...input(), ...changes }), { instanceOf: UsageError });
    t.regex(error?.message ?? "", message);
  });
}

test("a single control plane is its own endpoint, on its own port", (t) => {
  const single = { ...input(), controlPlanes: [{ name: "cp-1", address: "10.0.0.11" }] };
  t.notThrows(() => kubeadmMaster({ ...single, endpoint: { address: "10.0.0.11", port: 6443 }, bindPort: 6443 }));
  t.throws(() => kubeadmMaster({ ...single, endpoint: { address: "10.0.0.11", port: 6443 } }), {
    message: /endpoint: has port 6443, but the API server listens on 6444/,
  });
});
