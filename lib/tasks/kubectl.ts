import { blocked, pending } from "../engine/plan.ts";
import type { Read } from "../engine/read.ts";
import { defineTask } from "../engine/task.ts";
import { nameOf } from "../kubernetes/objects.ts";
import type { ConditionState } from "../reads/kubernetes-conditions.ts";
import type { ObjectState } from "../reads/kubernetes-objects.ts";
import type { Strays } from "../reads/kubernetes-strays.ts";
import { objectChanges, removalChanges, strayChanges, waitChanges } from "./kubectl-changes.ts";
import { obstacleOf } from "./kubectl-obstacles.ts";
import { KubectlParams } from "./kubectl-params.ts";
import { objectReads, straysRead, waitRead } from "./kubectl-reads.ts";

/**
 * Objects of a Kubernetes cluster, as manifests say them, by server-side apply.
 *
 * - The plan is a dry run on the server against what is there, shown as a difference of YAML for each object. Fields
 *   that others set and the manifest does not name are left alone and make no difference.
 * - Namespaces and definitions of kinds are applied first. An object of a kind that the same manifests define is created
 *   with it; any other unknown kind blocks the task.
 * - While a webhook is not up, or the API does not answer for a moment, the apply is tried again until the deadline.
 * - `Secret` objects, and all that is made with a Secret or a SecretText, show in no difference and are never read from
 *   the host; they reach kubectl on its standard input.
 * - An object that is being deleted blocks the task until it is gone.
 *
 * @example
 * kubectl({ manifests: [{ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } }] });
 * kubectl({
 *   name: "address pools",
 *   manifests: addressPools(params),
 *   namespace: "metallb-system",
 *   prune: { selector: { "app.kubernetes.io/managed-by": "hostwright" }, kinds: ["metallb.io/v1beta1/IPAddressPool"] },
 *   wait: [{ resource: "deployment/controller", for: "rollout" }],
 *   deadline: "2m",
 * });
 * @throws UsageError for parameters that are not valid: manifests without name or kind, or without a label to prune by
 * @see kubectl-apply(1); https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
export const kubectl = defineTask({
  name: "kubectl",
  params: KubectlParams,
  subject: ({ name, manifests, wait }) =>
    name ?? inShort([...manifests.map(nameOf), ...wait.map(({ resource }) => resource)]),
  reads: kubectlReads,
  plan(params, state) {
    const { manifests } = params;
    const objects = manifests.map((manifest, index) => ({ manifest, state: state[`object ${index}`] ?? ABSENT }));
    const waits = params.wait.map((wait, index) => ({ wait, state: state[`wait ${index}`] ?? ABSENT }));
    const strays = (params.prune?.kinds ?? []).map((kind) => ({ kind, state: state[`strays ${kind}`] ?? NO_STRAYS }));
    const obstacle = obstacleOf(params, objects, [...strays, ...waits]);
    if (obstacle !== undefined) return blocked(obstacle);
    if (params.state === "absent") return pending(removalChanges(params, objects), "none of them is there");
    const changes = [...objectChanges(params, objects), ...strayChanges(params, strays), ...waitChanges(params, waits)];
    return pending(changes, reasonOf(params));
  },
});

const ABSENT = { kind: "absent" } as const;
const NO_STRAYS: Strays = { kind: "strays", objects: [] };

type KubectlReads = {
  [object: `object ${number}`]: Read<ObjectState>;
  [wait: `wait ${number}`]: Read<ConditionState>;
  [strays: `strays ${string}`]: Read<Strays>;
};

function kubectlReads(params: KubectlParams): KubectlReads {
  const reads: KubectlReads = {};
  objectReads(params).forEach((read, index) => {
    reads[`object ${index}`] = read;
  });
  params.wait.forEach((wait, index) => {
    reads[`wait ${index}`] = waitRead(params, wait);
  });
  for (const kind of params.prune?.kinds ?? []) reads[`strays ${kind}`] = straysRead(params, kind);
  return reads;
}

function reasonOf({ manifests, wait, prune }: KubectlParams): string {
  const count = manifests.length === 1 ? "1 object" : `${manifests.length} objects`;
  const words = [
    `${count} as in the manifests`,
    ...(prune ? ["none too many"] : []),
    ...(wait.length > 0 ? ["ready"] : []),
  ];
  return words.join(", ");
}

function inShort(names: readonly string[]): string {
  const [first = "nothing", ...rest] = names;
  return rest.length === 0 ? first : `${first} and ${rest.length} more`;
}
