import { groupOf, type Manifest, nameOf } from "../kubernetes/objects.ts";
import { accessRemedy } from "../reads/kubernetes-access.ts";
import type { ConditionState } from "../reads/kubernetes-conditions.ts";
import type { ObjectState } from "../reads/kubernetes-objects.ts";
import type { Strays } from "../reads/kubernetes-strays.ts";

/** A manifest with what was found. */
export interface FoundObject {
  readonly manifest: Manifest;
  readonly state: ObjectState;
}

interface Access {
  readonly kubeconfig: string;
  readonly state: "present" | "absent";
}

/** What keeps the objects from being what the manifests say, with what to do about it. */
export function obstacleOf(
  { kubeconfig, state: wanted }: Access,
  objects: readonly FoundObject[],
  others: readonly { readonly state: Strays | ConditionState }[],
): string | undefined {
  const states = [...objects, ...others].map(({ state }) => state);
  for (const state of states) {
    if (state.kind === "no access") return accessRemedy(state, kubeconfig);
  }
  for (const { manifest, state } of objects) {
    const name = nameOf(manifest);
    if (state.kind === "refused") return refused(name, state.reason);
    if (wanted === "absent") continue;
    if (state.kind === "leaving") {
      return `${name} is being deleted; wait until it is gone, or see which of its finalizers nobody takes care of`;
    }
    if (state.kind === "unknown kind" && !isDefined(manifest, objects)) {
      const { kind, apiVersion } = manifest;
      return `${name}: the API knows no kind ${kind} of ${apiVersion}; install what defines it before, a chart or its CustomResourceDefinitions`;
    }
  }
  for (const { state } of others) {
    if (state.kind === "refused") return `the API refused to answer: ${state.reason}`;
  }
  return undefined;
}

/** Whether the same manifests define the kind. */
export function isDefined({ apiVersion, kind }: Manifest, objects: readonly FoundObject[]): boolean {
  return objects.some(({ manifest }) => manifest.defines === `${groupOf(apiVersion)} ${kind}`);
}

function refused(name: string, reason: string): string {
  const conflict = /^Apply failed with \d+ conflicts?: (.*)$/.exec(reason);
  if (!conflict) return `the API refuses ${name}: ${reason}`;
  return `${name} has fields that others have set otherwise (${conflict[1]}); demand forceConflicts: true to take them over, or leave them out of the manifest`;
}
