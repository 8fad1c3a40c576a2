import { defineRead, type Read } from "../../lib/engine/read.ts";
import { joinSh, rawSh, sh } from "../../lib/shell/sh.ts";

/** The DaemonSet of a network, and the nodes that it is for. */
export interface NetworkState {
  /** Of the DaemonSet's pods; absent where it is not there, or its controller has not looked at it yet. */
  readonly pods?: { readonly desired: number; readonly updated: number; readonly available: number };
  readonly nodes: readonly { readonly name: string; readonly ready: "True" | "False" | "Unknown" }[];
}

const NODES = 'NODE {.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\\n"}';
const PODS =
  "PODS {.metadata.generation} {.status.observedGeneration} {.status.desiredNumberScheduled} {.status.updatedNumberScheduled} {.status.numberAvailable}";

const state = defineRead<NetworkState | string>({
  name: "pod-network",
  // What forms a cluster brings nodes. A chart that is pending brings pods; until then there are none to be counted.
  hangsOn: (key, path) => key.startsWith(`${path} `),
  deadlineMs: 60_000,
  ask: (keys) =>
    joinSh([
      rawSh(`hw_network() {
  hw_k="kubectl --request-timeout 20s --kubeconfig $1"
  if ! hw_o=$($hw_k get nodes -o jsonpath="$4" 2>&1); then printf '=failed\\n%s\\n' "$hw_o"; return; fi
  printf '=ok\\n%s\\n%s\\n' "$hw_o" "$($hw_k -n "$2" get daemonset "$3" -o jsonpath="$5" 2>/dev/null)"
}`),
      ...keys.map((key) => sh`hw_network ${key.split(" ")} ${`{range .items[*]}${NODES}{end}`} ${PODS}`),
    ]),
  split: (output, keys) => {
    const records = `\n${output.toString("latin1")}`.split(/(?<=\n)(?==(?:ok|failed)\n)/).slice(1);
    if (records.length !== keys.length) throw new Error(`${records.length} records for ${keys.length} networks`);
    return records.map((record) => Buffer.from(record, "latin1"));
  },
  parse: (record) => parseNetwork(record.toString()),
});

/** How a network stands, or what kubectl said in its place. */
export function networkState(network: {
  readonly namespace: string;
  readonly daemonSet: string;
  readonly kubeconfig: string;
}): Read<NetworkState | string> {
  return state(`${network.kubeconfig} ${network.namespace} ${network.daemonSet}`);
}

/** A record: `=ok`, a line a node, and the numbers of the DaemonSet; or `=failed` and what kubectl said. */
export function parseNetwork(record: string): NetworkState | string {
  const [status, ...lines] = record.trimEnd().split("\n");
  if (status !== "=ok") return lines.join(" ") || "kubectl said nothing";
  const nodes = lines.flatMap((line): NetworkState["nodes"] => {
    const [, name, ready] = /^NODE (\S+) (True|False)?/.exec(line) ?? [];
    if (name === undefined) return [];
    return [{ name, ready: ready === "True" || ready === "False" ? ready : "Unknown" }];
  });
  const pods = lines.find((line) => line.startsWith("PODS "))?.split(" ");
  // Numbers that are 0 are not printed by some versions, and everything is missing before the controller has looked.
  const [generation, observed, desired, updated, available] = (pods ?? []).slice(1).map((text) => Number(text));
  if (generation === undefined || observed !== generation || !desired) return { nodes };
  return { nodes, pods: { desired, updated: updated ?? 0, available: available ?? 0 } };
}
