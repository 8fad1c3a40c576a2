import { defineRead, type Read } from "../engine/read.ts";
import { groupOf, type ObjectId } from "../kubernetes/objects.ts";
import { joinSh, rawSh, type Sh, sh } from "../shell/sh.ts";
import { API_READ_MS, kubectlFunctions, type NoAccess, parseNoAccess } from "./kubernetes-access.ts";
import { linesOf, splitRecords } from "./records.ts";

/** Objects that nobody demands any more. */
export type Strays =
  | NoAccess
  | { readonly kind: "strays"; readonly objects: readonly ObjectId[] }
  | { readonly kind: "refused"; readonly reason: string };

export interface StraysQuestion {
  readonly kubeconfig: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly manager: string;
  /** Objects to keep; without a namespace in any, or in none at all. */
  readonly keep: readonly { readonly namespace: string | undefined; readonly name: string }[];
  /** That of kept objects that say none. */
  readonly namespace: string;
}

/** Of each object, by whom fields of it were applied. */
const TEMPLATE =
  '{{range .items}}{{.metadata.namespace}}{{"\\t"}}{{.metadata.name}}{{"\\t"}}' +
  '{{range .metadata.managedFields}}{{if eq .operation "Apply"}}{{.manager}}{{"\\t"}}{{end}}{{end}}{{"\\n"}}{{end}}';

/** A kind that is not known has no objects. */
const STRAYS = `hw_strays() {
  echo =; hw_why=$(hw_access kubectl) || { echo "$hw_why"; return 0; }
  hw_o=$(hw_kubectl --request-timeout 20s get "$1" --all-namespaces --selector "$2" -o go-template="$3" 2>&1) && {
    printf '%s\\n' "$hw_o" | awk -F '\\t' -v m="$4" 'NF > 2 { for (i = 3; i <= NF; i++) if ($i == m) { print "object " $1 " " $2; next } }'
    return 0
  }
  if hw_lost "$hw_o"; then echo "no answer $(hw_flat "$hw_o")"; return 0; fi
  case $hw_o in *"doesn't have a resource type"*|*"no matches for"*) ;; *) echo "refused $(hw_flat "$hw_o")";; esac
}`;

const define = defineRead<Strays>({
  name: "kubernetes-stray",
  deadlineMs: API_READ_MS,
  ask: (keys) => joinSh([rawSh(STRAYS), ...keys.map(askOne)]),
  split: splitRecords,
  parse: parseStrays,
  hangsOn: (key, path) => parseStraysKey(key).kubeconfig === path,
});

/**
 * Objects of a kind, in all namespaces, that carry the labels and were applied by the manager, but are none of those to
 * keep.
 */
export function kubernetesStrays(question: StraysQuestion): Read<Strays> {
  return define(JSON.stringify(question));
}

/** The question in a read of strays; `undefined` where it is about something else. */
export function straysAsked(read: Read<unknown>): StraysQuestion | undefined {
  return read.kind.name === "kubernetes-stray" ? parseStraysKey(read.key) : undefined;
}

function parseStraysKey(key: string): StraysQuestion {
  return JSON.parse(key) as StraysQuestion;
}

function askOne(key: string): Sh {
  const { kubeconfig, apiVersion, kind, labels, manager } = parseStraysKey(key);
  const version = apiVersion.slice(apiVersion.indexOf("/") + 1);
  const selector = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  const resource = `${kind}.${version}.${groupOf(apiVersion)}`;
  return sh`${kubectlFunctions(kubeconfig)}\nhw_strays ${[resource, selector.join(","), TEMPLATE, manager]}`;
}

/** Lines `object NAMESPACE NAME`; the namespace of a kind that has none is `<no value>`. */
export function parseStrays(record: Buffer, key: string): Strays {
  const { apiVersion, kind, keep, namespace: own } = parseStraysKey(key);
  const lines = linesOf(record);
  const [first = ""] = lines;
  if (first.startsWith("no ")) return parseNoAccess(first);
  if (first.startsWith("refused ")) return { kind: "refused", reason: first.slice(8).trim() };
  const objects = lines.map((line): ObjectId => {
    const words = line.slice("object ".length);
    const at = words.lastIndexOf(" ");
    const namespace = words.slice(0, at);
    return {
      apiVersion,
      kind,
      namespace: namespace === "<no value>" ? undefined : namespace,
      name: words.slice(at + 1),
    };
  });
  const isKept = (object: ObjectId) =>
    keep.some(({ namespace, name }) => {
      return name === object.name && (object.namespace === undefined || (namespace ?? own) === object.namespace);
    });
  return { kind: "strays", objects: objects.filter((object) => !isKept(object)) };
}
