import type { Read } from "../engine/read.ts";
import { rawSh, type Sh, sh } from "../shell/sh.ts";

/** Why the API of a cluster could not be asked. */
export type NoAccess =
  | { readonly kind: "no access"; readonly why: "no kubectl" }
  | { readonly kind: "no access"; readonly why: "no helm" }
  | { readonly kind: "no access"; readonly why: "no kubeconfig" }
  | { readonly kind: "no access"; readonly why: "no answer"; readonly text: string };

/** What to do about it. */
export function accessRemedy(found: NoAccess, kubeconfig: string): string {
  if (found.why === "no kubectl") return "kubectl is not installed; the role kubernetesPackages installs it";
  if (found.why === "no helm") return "helm is not installed; the role helm installs it";
  if (found.why === "no kubeconfig") {
    return `${kubeconfig} does not exist; run this on a control plane after the cluster was formed, or name another kubeconfig`;
  }
  return `the API does not answer with ${kubeconfig}: ${found.text}; see that kube-apiserver, the balancer in front of it and the certificates are well`;
}

/** Kinds of reads that a cluster answers. */
const KINDS = /^(kubernetes-(object|stray|condition|node)|helm-release)( |$)/;

/**
 * Whether a cluster is what answers this read: for a change that forms a cluster, joins a node to it, or takes it away.
 *
 * @example
 * unknowableWhere(isKubernetesRead)
 */
export function isKubernetesRead(read: Read<unknown>): boolean {
  return KINDS.test(read.kind.name);
}

/** How long a question may take where the API does not answer: kubectl tries it five times. */
export const API_READ_MS = 150_000;

/**
 * No cache of what kinds the API has: it is used for hours, so that a kind that has gone, or another cluster at the same
 * address, would be taken for what was there before. Asking anew costs no measurable time, and leaves nothing behind.
 */
export const KUBECTL_CACHE = "/dev/null/none";

/**
 * `hw_kubectl WORD…` asks with the kubeconfig `$hw_c`. `hw_access PROGRAM` says what is missing before that, and
 * `hw_lost TEXT` whether an error says that the API does not answer. `hw_flat TEXT` is a message as one line.
 */
const FUNCTIONS = `hw_kubectl() { kubectl --kubeconfig "$hw_c" --cache-dir ${KUBECTL_CACHE} "$@"; }
hw_access() {
  command -v "$1" >/dev/null || { echo "no $1"; return 1; }
  [ -r "$hw_c" ] || { echo "no kubeconfig"; return 1; }
}
hw_lost() {
  case $1 in
  *"connection refused"*|*"Unable to connect to the server"*|*"no route to host"*|*"network is unreachable"*) ;;
  *"i/o timeout"*|*"deadline exceeded"*|*"TLS handshake timeout"*|*"no such host"*|*"connection reset by peer"*) ;;
  *"x509: "*|*"Unauthorized"*|*"must be logged in to the server"*|*"cluster unreachable"*|*": EOF"*) ;;
  *"server is currently unable to handle the request"*|*"invalid configuration: "*|*"etcdserver: "*) ;;
  *) return 1;;
  esac
}
hw_flat() {
  printf '%s\\n' "$1" | grep -v '^[EWI][0-9]* ' | tr '\\t\\n' '  ' | cut -c 1-600
}`;

/** The functions that questions to a cluster share, with the kubeconfig that they ask with. */
export function kubectlFunctions(kubeconfig: string): Sh {
  return sh`hw_c=${kubeconfig}\n${rawSh(FUNCTIONS)}`;
}

/** `no kubectl`, or `no answer TEXT`, as a record tells it. */
export function parseNoAccess(words: string): NoAccess {
  if (words === "no kubectl" || words === "no helm" || words === "no kubeconfig")
    return { kind: "no access", why: words };
  return { kind: "no access", why: "no answer", text: words.replace(/^no answer ?/, "").trim() };
}
