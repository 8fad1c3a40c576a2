import { content, rawSh, type Sh, sh } from "../../lib/shell/sh.ts";
import { namespaceObject, noteObject, type TestObjects, testObjects } from "./manifests.ts";

export interface ScriptOptions extends TestObjects {
  readonly kubeconfig: string;
  readonly clusterDomain: string;
  /** For the pods to run: images may have to come first. */
  readonly startSeconds: number;
  /** For each other step. */
  readonly stepSeconds: number;
  /** Noted in the cluster when the test has passed; nothing is noted without it. */
  readonly note?: string | undefined;
}

/** Why pods do not run: `server: Pending trying and failing to pull image; `. */
const WAITING =
  "{range .items[*]}{.metadata.name}: {.status.phase} {.status.containerStatuses[*].state.waiting.message}{.status.conditions[?(@.reason=='Unschedulable')].message}; {end}";

/** The line that tells of a failed step, for {@link failureIn}. */
const FAILED = "failed: ";

/**
 * The whole test as one text for the host. It removes what it made in a trap, so that a failure, a stop (TERM) and a
 * lost line all leave nothing behind: a session that has to end may not be there to send another command.
 *
 * A step is tried again until its time is over, since everything here takes a moment: endpoints, DNS, routes.
 */
export function smokeTestScript(options: ScriptOptions): Sh {
  const { kubeconfig, namespace, clusterDomain, line, startSeconds, stepSeconds } = options;
  const objects = content(JSON.stringify(testObjects(options)));
  return sh`(
KUBECONFIG=${kubeconfig}; export KUBECONFIG
n=${namespace}; l=${line}; d=${clusterDomain}
k() { kubectl --request-timeout 15s -n "$n" "$@"; }
gone() { [ -z "$n" ] || kubectl delete namespace "$n" --ignore-not-found "$@" >/dev/null 2>&1; }
trap 'r=$?; gone --wait=false; exit "$r"' EXIT
trap 'exit 143' HUP INT TERM
now() { read -r u _ </proc/uptime; u=${rawSh("${u%.*}")}; }
step() {
  what=$1; now; begin=$u; end=$((u + $2)); shift 2
  while :; do
    if out=$("$@" 2>&1); then now; echo "$what: $((u - begin)) s"; return 0; fi
    now
    [ "$u" -lt "$end" ] || break
    sleep 1
  done
  echo "state of $n:"
  k get pods -o wide 2>&1
  k get events --sort-by=.lastTimestamp -o custom-columns=OBJECT:.involvedObject.name,REASON:.reason,MESSAGE:.message --no-headers 2>&1 | tail -n 12
  for p in server client; do k logs "$p" --tail 5 2>&1 | sed "s/^/$p: /"; done
  printf '%s%s\\n' ${FAILED} "$what, for $((u - begin)) s; it said last: $(printf %s "$out" | tail -n 3 | tr '\\n' ' ')"
  exit 1
}
made() { ${objects} | k apply -f -; }
running() {
  k wait --for=condition=Ready pod/server pod/client --timeout=3s >/dev/null 2>&1 && return
  k get pods -o jsonpath=${WAITING}; return 1
}
logged() { out=$(k logs "$1") && printf '%s\\n' "$out" && [ "$out" = "$l" ]; }
inside() { k exec client -- "$@"; }
named() { inside nslookup "$1"; }
served() { out=$(inside wget -T 5 -q -O - "http://server.$n.svc.$d/") && printf '%s\\n' "$out" && [ "$out" = "$l" ]; }
executed() { out=$(inside echo "$l") && printf '%s\\n' "$out" && [ "$out" = "$l" ]; }
echo ${placed(options)}
${content(JSON.stringify(namespaceObject(namespace)))} | kubectl --request-timeout 15s create -f - || { echo ${`${FAILED}no namespace could be made`}; n=; exit 1; }
step 'objects made' ${stepSeconds} made
step 'pods run' ${startSeconds} running
step 'line of the server read back' ${stepSeconds} logged server
step 'line of the client read back' ${stepSeconds} logged client
step 'a command runs in a pod' ${stepSeconds} executed
step 'DNS knows the API' ${stepSeconds} named "kubernetes.default.svc.$d"
step 'DNS knows the service' ${stepSeconds} named "server.$n.svc.$d"
step 'the service answers' ${stepSeconds} served
gone --timeout=60s || { printf '%s%s\\n' ${FAILED} "namespace $n is not gone after 60 s"; exit 1; }
n=
${noting(options)}
)`;
}

function noting({ note, stepSeconds }: ScriptOptions): Sh {
  if (note === undefined) return sh``;
  return sh`noted() {
  ${content(JSON.stringify(noteObject(note)))} |
    kubectl --request-timeout 15s apply --server-side --field-manager hostwright --force-conflicts -f -
}
step noted ${stepSeconds} noted`;
}

function placed({ server, client }: ScriptOptions): string {
  if (server !== client) return `server on ${server}, client on ${client}`;
  return `both pods on ${server}, the only node that is fit: the way between nodes is not tested`;
}

/** What the script says of the step that failed; `undefined` where none of them told. */
export function failureIn(output: readonly string[]): string | undefined {
  return output.findLast((line) => line.startsWith(FAILED))?.slice(FAILED.length);
}
