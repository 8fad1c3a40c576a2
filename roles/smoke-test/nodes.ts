import { createHash } from "node:crypto";
import { defineRead, type Read } from "../../lib/engine/read.ts";
import { joinSh, rawSh, sh } from "../../lib/shell/sh.ts";

/** A node as the smoke test has to know it. */
export interface TestNode {
  readonly name: string;
  /** Another one when a node of the same name has joined anew. */
  readonly uid: string;
  readonly kubelet: string;
  readonly ready: boolean;
  /** Cordoned: nothing is scheduled on it. */
  readonly unschedulable: boolean;
  readonly controlPlane: boolean;
}

const FIELDS = [
  "{.metadata.name}",
  "{.metadata.uid}",
  "{.status.nodeInfo.kubeletVersion}",
  '{.status.conditions[?(@.type=="Ready")].status}',
  "{.spec.unschedulable}",
  // The label of a control plane has no value: whether it is there is only seen among all labels.
  "{.metadata.labels}",
];

const NODES = `{range .items[*]}${FIELDS.join("|")}{"\\n"}{end}`;

/** Where it is noted on which nodes the test has passed. */
export const NOTE = { namespace: "kube-system", name: "hostwright-smoke-test" } as const;

/** A cluster as the smoke test finds it. */
export interface TestCluster {
  readonly nodes: readonly TestNode[];
  /** The {@link digestOf} the nodes on which the test has passed, where that is noted. */
  readonly passed: string | undefined;
}

/** The nodes of a cluster, or what kubectl said in their place. The key is the kubeconfig on the host. */
export const testCluster: (kubeconfig: string) => Read<TestCluster | string> = defineRead({
  name: "test-cluster",
  fragile: true,
  deadlineMs: 60_000,
  ask: (kubeconfigs) =>
    joinSh([
      rawSh(`hw_nodes() {
  if hw_o=$(kubectl --kubeconfig "$1" --request-timeout 20s get nodes -o jsonpath="$2" 2>&1); then hw_r=ok; else hw_r=failed; fi
  printf '=%s\\n%s\\n' "$hw_r" "$hw_o"
  [ "$hw_r" = failed ] || printf 'passed %s\\n' "$(kubectl --kubeconfig "$1" --request-timeout 20s \\
    -n ${NOTE.namespace} get configmap ${NOTE.name} -o 'jsonpath={.data.nodes}' 2>/dev/null)"
}`),
      ...kubeconfigs.map((kubeconfig) => sh`hw_nodes ${kubeconfig} ${NODES}`),
    ]),
  split: (output, keys) => {
    const records = `\n${output.toString("latin1")}`.split(/(?<=\n)(?==(?:ok|failed)\n)/).slice(1);
    if (records.length !== keys.length) throw new Error(`${records.length} lists of nodes for ${keys.length}`);
    return records.map((record) => Buffer.from(record, "latin1"));
  },
  parse: (record) => parseCluster(record.toString()),
});

/** A record: `=ok`, a line a node and what is noted; or `=failed` and what kubectl said. */
export function parseCluster(record: string): TestCluster | string {
  const [status = "", ...lines] = record.trimEnd().split("\n");
  if (status !== "=ok") return lines.join("\n") || "kubectl said nothing";
  const nodes = lines.filter((line) => line.includes("|")).map(parseNode);
  return { nodes, passed: /^passed ([0-9a-f]{64})$/.exec(lines.at(-1) ?? "")?.[1] };
}

function parseNode(line: string): TestNode {
  const [name = "", uid = "", kubelet = "", ready, unschedulable, ...labels] = line.split("|");
  return {
    name,
    uid,
    kubelet,
    ready: ready === "True",
    unschedulable: unschedulable === "true",
    controlPlane: labels.join("|").includes('"node-role.kubernetes.io/control-plane"'),
  };
}

/** Stands for these nodes, each with its kubelet: another digest, other nodes. Whether they are ready is not in it. */
export function digestOf(nodes: readonly TestNode[]): string {
  const lines = nodes.map(({ name, uid, kubelet }) => `${name} ${uid} ${kubelet}\n`).sort();
  return createHash("sha256").update(lines.join("")).digest("hex");
}

/** Where the two pods go. */
export interface Placement {
  /** The service's pod. */
  readonly server: string;
  /** The pod that asks; the same node where there is no other. */
  readonly client: string;
}

/**
 * Two nodes, workers before control planes: a worker is where pods run. `undefined` where no node is ready.
 */
export function placement(nodes: readonly TestNode[]): Placement | undefined {
  const fit = nodes.filter(({ ready, unschedulable }) => ready && !unschedulable);
  const [server, client] = [...fit].sort((a, b) => Number(a.controlPlane) - Number(b.controlPlane));
  return server && { server: server.name, client: (client ?? server).name };
}
