import { defineRead, type Read } from "../engine/read.ts";
import { rolloutLacks } from "../kubernetes/rollout.ts";
import { joinSh, rawSh, type Sh, sh } from "../shell/sh.ts";
import { API_READ_MS, kubectlFunctions, type NoAccess, parseNoAccess } from "./kubernetes-access.ts";
import { linesOf, splitRecords } from "./records.ts";

/** What an object has to come to. */
export type Condition =
  | { readonly kind: "rollout" }
  | { readonly kind: "condition"; readonly type: string; readonly status: string }
  | { readonly kind: "jsonpath"; readonly path: string; readonly value: string };

/** How an object stands to a condition. */
export type ConditionState =
  | NoAccess
  | { readonly kind: "met" }
  | { readonly kind: "unmet"; readonly now: string }
  | { readonly kind: "absent" }
  | { readonly kind: "refused"; readonly reason: string };

export interface ConditionQuestion {
  readonly kubeconfig: string;
  readonly namespace: string;
  /** `deployment/web`, `certificate.cert-manager.io/web`. */
  readonly resource: string;
  readonly condition: Condition;
}

/** What rollouts and conditions hang on, of any kind of object. */
const FACTS =
  '={"\\t"}{.kind}{"\\t"}{.metadata.generation}{"\\t"}{.spec.replicas}{"\\t"}{.spec.updateStrategy}{"\\t"}{.status}{"\\n"}';

/**
 * One kubectl for all objects of a namespace, and one for each only where one of them is missing: then it is not clear
 * which. An object that is asked for by itself is printed as it is, several as a list.
 */
const CONDITIONS = `hw_get() { hw_kubectl --request-timeout 20s get --namespace "$hw_ns" --ignore-not-found "$@" 2>&1; }
hw_one() {
  echo =
  if hw_o=$(hw_get "$1" -o jsonpath="$2"); then
    printf '%s\\n' "$hw_o" | awk '/^=/ { n = 1; print "facts" substr($0, 2); next } n { print } END { if (!n) print "absent" }'
  elif hw_lost "$hw_o"; then echo "no answer $(hw_flat "$hw_o")"
  else
    case $hw_o in *"doesn't have a resource type"*) echo absent;; *) echo "refused $(hw_flat "$hw_o")";; esac
  fi
}
hw_all() {
  hw_p=$1; shift
  if hw_o=$(hw_get "$@" -o jsonpath="{range .items[*]}$hw_p{end}") &&
    [ "$(printf '%s\\n' "$hw_o" | grep -c '^=')" = $# ]
  then printf '%s\\n' "$hw_o" | awk '/^=/ { n = 1; print "="; print "facts" substr($0, 2); next } n { print }'
  else for hw_j; do hw_one "$hw_j" "$hw_p"; done
  fi
}
hw_conditions() {
  hw_why=$(hw_access kubectl) || { shift; for hw_j; do printf '=\\n%s\\n' "$hw_why"; done; return 0; }
  if [ $# = 2 ]; then hw_one "$2" "$1"; else hw_all "$@"; fi
}`;

const define = defineRead<ConditionState>({
  name: "kubernetes-condition",
  deadlineMs: API_READ_MS,
  ask: (keys) => joinSh([rawSh(CONDITIONS), ...askGroups(keys)]),
  split: splitRecords,
  parse: parseCondition,
  hangsOn: (key, path) => parseConditionKey(key).kubeconfig === path,
});

/** Whether an object has come to what is waited for. An object that is missing has not. */
export function kubernetesCondition({
  kubeconfig,
  namespace,
  resource,
  condition,
}: ConditionQuestion): Read<ConditionState> {
  // What is asked together stands together when keys are sorted.
  const own = condition.kind === "jsonpath" ? condition.path : "";
  return define(JSON.stringify([kubeconfig, namespace, own, resource, condition]));
}

/** The question in a read of a condition; `undefined` where it is about something else. */
export function conditionAsked(read: Read<unknown>): ConditionQuestion | undefined {
  return read.kind.name === "kubernetes-condition" ? parseConditionKey(read.key) : undefined;
}

function parseConditionKey(key: string): ConditionQuestion {
  const [kubeconfig, namespace, , resource, condition] = JSON.parse(key);
  return { kubeconfig, namespace, resource, condition };
}

function askGroups(keys: readonly string[]): readonly Sh[] {
  const groups = Map.groupBy(keys, (key) => JSON.stringify(JSON.parse(key).slice(0, 3)));
  return [...groups].map(([group, members]) => {
    const [kubeconfig, namespace, path] = JSON.parse(group) as [string, string, string];
    const resources = members.map((key) => parseConditionKey(key).resource);
    const text = path === "" ? FACTS : `={"\\t"}${braced(path)}{"\\n"}`;
    return sh`${kubectlFunctions(kubeconfig)}\nhw_ns=${namespace}\nhw_conditions ${[text, ...resources]}`;
  });
}

/** An expression as kubectl prints it, with braces around. */
export function braced(path: string): string {
  if (path.startsWith("{")) return path;
  return `{${path.startsWith(".") ? path : `.${path}`}}`;
}

/** `facts KIND GENERATION REPLICAS UPDATESTRATEGY STATUS` between tabs, or `facts VALUE` for an expression. */
export function parseCondition(record: Buffer, key: string): ConditionState {
  const { condition } = parseConditionKey(key);
  const [line = "", ...more] = linesOf(record);
  if (line.startsWith("no ")) return parseNoAccess(line);
  if (line === "absent") return { kind: "absent" };
  if (line.startsWith("refused ")) return { kind: "refused", reason: line.slice(8).trim() };
  const [, ...fields] = line.split("\t");
  if (condition.kind === "jsonpath") {
    const now = [fields.join("\t"), ...more].join("\n");
    return now === condition.value ? { kind: "met" } : { kind: "unmet", now: now === "" ? "nothing" : now };
  }
  const [kind = "", generation = "", replicas = "", strategy = "", status = ""] = fields;
  const found = (status === "" ? {} : JSON.parse(status)) as { readonly conditions?: readonly StatusCondition[] };
  if (condition.kind === "condition") return conditionState(condition, found.conditions ?? []);
  const lacks = rolloutLacks({
    kind,
    generation: Number(generation),
    spec: {
      ...(replicas !== "" && { replicas: Number(replicas) }),
      ...(strategy !== "" && { updateStrategy: JSON.parse(strategy) }),
    },
    status: { ...found },
  });
  return lacks === undefined ? { kind: "met" } : { kind: "unmet", now: lacks };
}

interface StatusCondition {
  readonly type?: string;
  readonly status?: string;
  readonly reason?: string;
  readonly message?: string;
}

function conditionState(
  wanted: { type: string; status: string },
  conditions: readonly StatusCondition[],
): ConditionState {
  // kubectl wait takes no notice of case either.
  const own = conditions.find(({ type }) => type?.toLowerCase() === wanted.type.toLowerCase());
  if (own?.status?.toLowerCase() === wanted.status.toLowerCase()) return { kind: "met" };
  if (!own) return { kind: "unmet", now: `no condition ${wanted.type}` };
  const why = own.message || own.reason;
  return { kind: "unmet", now: `${wanted.type} is ${own.status}${why ? ` (${why})` : ""}` };
}
