import { defineRead, type Read } from "../engine/read.ts";
import { joinSh, rawSh, type Sh, sh } from "../shell/sh.ts";
import { API_READ_MS, kubectlFunctions, type NoAccess, parseNoAccess } from "./kubernetes-access.ts";
import { linesOf, splitRecords } from "./records.ts";

/** A taint of a node. */
export interface Taint {
  readonly key: string;
  readonly value: string;
  readonly effect: string;
}

/** What was asked of a node. */
export type NodeState<T> =
  | NoAccess
  | { readonly kind: "absent" }
  | { readonly kind: "found"; readonly found: T }
  | { readonly kind: "refused"; readonly reason: string };

export type NodeLabels = NodeState<Readonly<Record<string, string>>>;
export type NodeTaints = NodeState<readonly Taint[]>;

const LINE = '={"\\t"}{.metadata.name}{"\\t"}{.metadata.labels}{"\\t"}{.spec.taints}{"\\n"}';

/**
 * One kubectl for all nodes: of each only labels and taints are printed, which is little beside what the API tells of
 * a node. Names that no node has are left out by kubectl.
 */
const NODES = `hw_say() { printf '%s\\n' "$hw_want" | awk -v w="$1" '{ print "="; print w }'; }
hw_nodes() {
  hw_p=$1; shift
  hw_why=$(hw_access kubectl) || { hw_say "$hw_why"; return 0; }
  hw_l=$hw_p; [ $# = 1 ] || hw_l="{range .items[*]}$hw_p{end}"
  hw_o=$(hw_kubectl --request-timeout 20s get --ignore-not-found -o jsonpath="$hw_l" nodes "$@" 2>&1) || {
    hw_why=refused; ! hw_lost "$hw_o" || hw_why='no answer'
    hw_say "$hw_why $(hw_flat "$hw_o")"; return 0
  }
  printf '%s\\n--\\n%s\\n' "$hw_o" "$hw_want" | awk -F '\\t' '
$1 == "=" { line[$2] = "found" FS $3 FS $4 }
want { print "="; print ($1 in line ? line[$1] : "absent") }
$1 == "--" { want = 1 }'
}`;

const nodeKind = {
  name: "kubernetes-node",
  deadlineMs: API_READ_MS,
  ask: (keys: readonly string[]): Sh => joinSh([rawSh(NODES), ...askGroups(keys)]),
  split: splitRecords,
  hangsOn: (key: string, path: string) => parseNodeKey(key).kubeconfig === path,
};

interface NodeKey {
  readonly kubeconfig: string;
  readonly node: string;
  readonly aspect: string;
  /** What is asked for, by name; what else the node has does not count. */
  readonly names: readonly string[];
}

const labels = defineRead<NodeLabels>({ ...nodeKind, parse: parseNodeLabels });
const taints = defineRead<NodeTaints>({ ...nodeKind, parse: parseNodeTaints });

/** What a node has of these labels; others, which controllers set and drop at any time, are not told. */
export function nodeLabelsRead(kubeconfig: string, node: string, names: readonly string[]): Read<NodeLabels> {
  return labels(JSON.stringify([kubeconfig, node, "labels", ...names.toSorted()]));
}

/** What a node has of taints with these keys; not those of its health, unless they are named. */
export function nodeTaintsRead(kubeconfig: string, node: string, names: readonly string[]): Read<NodeTaints> {
  return taints(JSON.stringify([kubeconfig, node, "taints", ...names.toSorted()]));
}

/** What a read asks of which node; `undefined` where it is about something else. */
export function nodeAsked(read: Read<unknown>): NodeKey | undefined {
  return read.kind.name === nodeKind.name ? parseNodeKey(read.key) : undefined;
}

function parseNodeKey(key: string): NodeKey {
  const [kubeconfig = "", node = "", aspect = "", ...names] = JSON.parse(key) as string[];
  return { kubeconfig, node, aspect, names };
}

function askGroups(keys: readonly string[]): readonly Sh[] {
  const groups = Map.groupBy(keys, (key) => parseNodeKey(key).kubeconfig);
  return [...groups].map(([kubeconfig, members]) => {
    const nodes = members.map((key) => parseNodeKey(key).node);
    return sh`${kubectlFunctions(kubeconfig)}\nhw_want=${nodes.join("\n")}\nhw_nodes ${[LINE, ...new Set(nodes)]}`;
  });
}

export function parseNodeLabels(record: Buffer, key: string): NodeLabels {
  return parseNode(record, (all) => {
    const { names } = parseNodeKey(key);
    const found = JSON.parse(all || "{}") as Record<string, string>;
    return Object.fromEntries(names.flatMap((name) => (name in found ? [[name, found[name] ?? ""]] : [])));
  });
}

export function parseNodeTaints(record: Buffer, key: string): NodeTaints {
  return parseNode(record, (_, all) => {
    const { names } = parseNodeKey(key);
    const found = JSON.parse(all || "[]") as readonly { key: string; value?: string; effect: string }[];
    const own = found.filter((taint) => names.includes(taint.key));
    return sortTaints(own.map((taint) => ({ key: taint.key, value: taint.value ?? "", effect: taint.effect })));
  });
}

/** The API keeps them in the order in which they were set, which means nothing. */
export function sortTaints(taints: readonly Taint[]): readonly Taint[] {
  return taints.toSorted((a, b) => (`${a.key} ${a.effect}` < `${b.key} ${b.effect}` ? -1 : 1));
}

/** `found LABELS TAINTS` between tabs, both as JSON. */
function parseNode<T>(record: Buffer, pick: (labels: string, taints: string) => T): NodeState<T> {
  const [line = ""] = linesOf(record);
  if (line === "absent") return { kind: "absent" };
  if (line.startsWith("no ")) return parseNoAccess(line);
  if (line.startsWith("refused ")) return { kind: "refused", reason: line.slice(8).trim() };
  const [, labels = "", taints = ""] = line.split("\t");
  return { kind: "found", found: pick(labels, taints) };
}
