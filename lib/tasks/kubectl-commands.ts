import type { Manifest, ObjectId } from "../kubernetes/objects.ts";
import { kubectlFunctions } from "../reads/kubernetes-access.ts";
import { braced } from "../reads/kubernetes-conditions.ts";
import { identity } from "../reads/kubernetes-objects.ts";
import { type Content, content, joinSh, rawSh, type Sh, sh } from "../shell/sh.ts";

interface Access {
  readonly kubeconfig: string;
  readonly namespace: string;
  readonly fieldManager: string;
  readonly forceConflicts: boolean;
  /** Milliseconds for all commands of a task together. */
  readonly deadline: number;
}

/**
 * `hw_retry WORD…` runs kubectl with `hw_feed` on its standard input, again and again while its errors say that it may
 * work in a moment: a webhook that comes up, a kind whose definition is just being taken in, an API that is restarted.
 * `hw_left` is how many seconds are left of the task's deadline.
 */
const RETRY = `hw_left() { hw_l=$((hw_until - $(date +%s))); [ "$hw_l" -gt 1 ] || hw_l=1; echo "$hw_l"; }
hw_passing() {
  case $1 in
  *"does not support dry run"*) return 1;;
  *"failed calling webhook"*|*"failed to call webhook"*|*"no endpoints available for service"*) ;;
  *"no matches for kind"*|*"the server could not find the requested resource"*) ;;
  *"leader changed"*|*"Service Unavailable"*|*"too many requests"*|*"please try again"*|*"EOF"*) ;;
  *"Internal error occurred: "*"connect"*|*"http2: client connection lost"*) ;;
  *) hw_lost "$1";;
  esac
}
hw_retry() {
  hw_w=1
  while :; do
    hw_e=$(hw_feed | hw_kubectl "$@" 2>&1); hw_r=$?
    [ -z "$hw_e" ] || printf '%s\\n' "$hw_e" | grep -v '^[EWI][0-9]* '
    [ "$hw_r" != 0 ] || return 0
    hw_passing "$hw_e" || return "$hw_r"
    if [ "$(hw_left)" -le "$hw_w" ]; then echo "gave up after $hw_deadline s: the API kept refusing this"; return "$hw_r"; fi
    echo "trying again in $hw_w s"
    sleep "$hw_w"; [ "$hw_w" -ge 8 ] || hw_w=$((hw_w * 2))
  done
}
hw_wait() {
  while :; do
    hw_e=$(hw_kubectl "$@" --timeout "$(hw_left)s" 2>&1 >&3); hw_r=$?
    [ "$hw_r" != 0 ] || return 0
    case $hw_e in
    *"(NotFound)"*|*"no matching resources found"*|*"doesn't have a resource type"*) ;;
    *) hw_passing "$hw_e" || { printf '%s\\n' "$hw_e" | grep -v '^[EWI][0-9]* '; return "$hw_r"; };;
    esac
    if [ "$(hw_left)" -le 1 ]; then printf '%s\\n' "$hw_e"; echo "gave up after $hw_deadline s"; return "$hw_r"; fi
    sleep 1
  done 3>&1
}`;

/** The first command of a task starts the clock; the others find it. */
function within({ kubeconfig, deadline }: Access, command: Sh): Sh {
  const seconds = Math.ceil(deadline / 1000);
  const clock = sh`hw_deadline=${seconds}; : "\${hw_until:=$(($(date +%s) + hw_deadline))}"`;
  return joinSh([kubectlFunctions(kubeconfig), rawSh(RETRY), clock, command]);
}

/** Applies the manifests in their order: first those that say no namespace, namespaces and definitions among them. */
export function applyObjects(access: Access, manifests: readonly Manifest[]): Sh {
  const flags = ["--request-timeout", "60s", "--server-side", "--field-manager", access.fieldManager];
  const words = ["apply", ...flags, ...(access.forceConflicts ? ["--force-conflicts"] : []), "-f", "-"];
  const feeds = groups(access, manifests).map(({ namespace, objects }) => {
    const bodies = objects.map(({ json, secret }) => ({ ...content(`${json}\n`), secret }));
    return sh`${feed(bodies)}\nhw_retry ${[...words, ...namespace]}`;
  });
  return within(access, joinSh(feeds, " &&\n"));
}

/** Deletes objects and waits until they are gone. */
export function deleteObjects(access: Access, objects: readonly ObjectId[]): Sh {
  const words = ["delete", "--ignore-not-found", "--wait", "-f", "-"];
  const feeds = groups(access, objects)
    .toReversed()
    .map(({ namespace, objects: members }) => {
      const bodies = members.map((object) => content(`${identity(object)}\n`));
      return sh`${feed(bodies)}\nhw_retry ${[...words, ...namespace]} --timeout "$(hw_left)s"`;
    });
  return within(access, joinSh(feeds, " &&\n"));
}

/** Waits until an object, which may not be there yet, has come to what it has to come to. */
export function waitFor(
  access: Access,
  wait: { readonly resource: string; readonly namespace: string; readonly for: "rollout" | WaitCondition },
): Sh {
  const place = ["--namespace", wait.namespace, wait.resource];
  if (wait.for === "rollout") return within(access, sh`hw_wait ${["rollout", "status", ...place]}`);
  const goal =
    "jsonpath" in wait.for
      ? `jsonpath=${braced(wait.for.jsonpath)}=${wait.for.value}`
      : `condition=${wait.for.condition}=${wait.for.status}`;
  return within(access, sh`hw_wait ${["wait", ...place, `--for=${goal}`]}`);
}

type WaitCondition =
  | { readonly condition: string; readonly status: string }
  | { readonly jsonpath: string; readonly value: string };

function feed(bodies: readonly Content[]): Sh {
  return sh`hw_feed() {\n${joinSh(bodies.map((body) => sh`${body}`))}\n}`;
}

/** kubectl insists that all objects are of the namespace that it is given: those that name another go without. */
function groups<T extends ObjectId>({ namespace: own }: Access, objects: readonly T[]) {
  const isOwn = ({ namespace }: T) => namespace === undefined || namespace === own;
  return [
    { namespace: ["--namespace", own], objects: objects.filter(isOwn) },
    { namespace: [], objects: objects.filter((object) => !isOwn(object)) },
  ].filter(({ objects: members }) => members.length > 0);
}
