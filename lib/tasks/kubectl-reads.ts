import type { Read } from "../engine/read.ts";
import { kubernetesCondition } from "../reads/kubernetes-conditions.ts";
import { kubernetesObjects, type ObjectState } from "../reads/kubernetes-objects.ts";
import { kubernetesStrays, type Strays } from "../reads/kubernetes-strays.ts";
import type { KubectlParams } from "./kubectl-params.ts";

/** One a manifest, in their order. */
export function objectReads(params: KubectlParams): readonly Read<ObjectState>[] {
  const { kubeconfig, namespace, fieldManager: manager, forceConflicts: force } = params;
  const wanted = params.state === "absent" ? "absent" : "applied";
  return kubernetesObjects(params.manifests, { kubeconfig, namespace, manager, force }, wanted);
}

export function waitRead(params: KubectlParams, { resource, namespace, for: wanted }: KubectlParams["wait"][number]) {
  const condition =
    wanted === "rollout"
      ? ({ kind: "rollout" } as const)
      : "jsonpath" in wanted
        ? ({ kind: "jsonpath", path: wanted.jsonpath, value: wanted.value } as const)
        : ({ kind: "condition", type: wanted.condition, status: wanted.status } as const);
  return kubernetesCondition({
    kubeconfig: params.kubeconfig,
    namespace: namespace ?? params.namespace,
    resource,
    condition,
  });
}

/** @param versioned a kind with its version, such as `apps/v1/Deployment` */
export function straysRead(params: KubectlParams, versioned: string): Read<Strays> {
  const { kubeconfig, namespace, fieldManager: manager, prune, manifests } = params;
  const at = versioned.lastIndexOf("/");
  const [apiVersion, kind] = [versioned.slice(0, at), versioned.slice(at + 1)];
  const keep = manifests
    .filter((each) => each.kind === kind)
    .map((each) => ({ namespace: each.namespace, name: each.name }));
  return kubernetesStrays({ kubeconfig, apiVersion, kind, labels: prune?.selector ?? {}, manager, keep, namespace });
}
