/** What decides whether a rollout has come to its end. */
export interface Workload {
  readonly kind: string;
  readonly generation: number;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status: Readonly<Record<string, unknown>>;
}

/**
 * What a rollout still waits for; `undefined` when it has come to its end. The rules are those of `kubectl rollout
 * status`, so that a wait with it ends when this says so.
 *
 * @see kubectl-rollout-status(1)
 */
export function rolloutLacks({ kind, generation, spec, status }: Workload): string | undefined {
  const count = (key: string) => Number(status[key] ?? 0);
  if (!["Deployment", "DaemonSet", "StatefulSet"].includes(kind)) return `a ${kind} has no rollout`;
  if (count("observedGeneration") < generation) return "its latest change was not seen yet";
  if (kind === "DaemonSet") {
    const desired = count("desiredNumberScheduled");
    if (count("updatedNumberScheduled") < desired)
      return `${count("updatedNumberScheduled")} of ${desired} pods updated`;
    if (count("numberAvailable") < desired) return `${count("numberAvailable")} of ${desired} pods available`;
    return undefined;
  }
  const replicas = Number(spec.replicas ?? 1);
  const updated = count("updatedReplicas");
  if (kind === "StatefulSet") {
    if (count("readyReplicas") < replicas) return `${count("readyReplicas")} of ${replicas} pods ready`;
    const partition = partitionOf(spec);
    if (partition > 0)
      return updated < replicas - partition ? `${updated} of ${replicas - partition} pods updated` : undefined;
    return status.updateRevision === status.currentRevision ? undefined : `${updated} of ${replicas} pods updated`;
  }
  if (updated < replicas) return `${updated} of ${replicas} pods updated`;
  if (count("replicas") > updated) return `${count("replicas") - updated} old pods are still there`;
  if (count("availableReplicas") < updated) return `${count("availableReplicas")} of ${updated} pods available`;
  return undefined;
}

function partitionOf({ updateStrategy }: Workload["spec"]): number {
  const strategy = updateStrategy as { rollingUpdate?: { partition?: number } } | undefined;
  return strategy?.rollingUpdate?.partition ?? 0;
}
