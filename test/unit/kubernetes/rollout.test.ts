import test from "ava";
import { rolloutLacks, type Workload } from "../../../lib/kubernetes/rollout.ts";

const seen = { observedGeneration: 2 };
const rows: readonly [string, string, Workload["spec"], Workload["status"], string | undefined][] = [
  [
    "a deployment that was changed a moment ago",
    "Deployment",
    { replicas: 2 },
    { observedGeneration: 1 },
    "its latest change was not seen yet",
  ],
  [
    "a deployment that has only old pods",
    "Deployment",
    { replicas: 2 },
    { ...seen, replicas: 2 },
    "0 of 2 pods updated",
  ],
  [
    "a deployment with old pods left",
    "Deployment",
    { replicas: 2 },
    { ...seen, updatedReplicas: 2, replicas: 3 },
    "1 old pods are still there",
  ],
  [
    "a deployment whose pods start",
    "Deployment",
    { replicas: 2 },
    { ...seen, updatedReplicas: 2, replicas: 2, availableReplicas: 1 },
    "1 of 2 pods available",
  ],
  [
    "a deployment that is done",
    "Deployment",
    { replicas: 2 },
    { ...seen, updatedReplicas: 2, replicas: 2, availableReplicas: 2 },
    undefined,
  ],
  ["a deployment of no pods", "Deployment", { replicas: 0 }, seen, undefined],
  ["a daemon set on no node", "DaemonSet", {}, seen, undefined],
  [
    "a daemon set that is updated",
    "DaemonSet",
    {},
    { ...seen, desiredNumberScheduled: 3, updatedNumberScheduled: 2 },
    "2 of 3 pods updated",
  ],
  [
    "a daemon set whose pods start",
    "DaemonSet",
    {},
    { ...seen, desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 1 },
    "1 of 3 pods available",
  ],
  ["a stateful set that starts", "StatefulSet", { replicas: 3 }, { ...seen, readyReplicas: 2 }, "2 of 3 pods ready"],
  [
    "a stateful set that is updated",
    "StatefulSet",
    { replicas: 3 },
    { ...seen, readyReplicas: 3, updatedReplicas: 1, updateRevision: "b", currentRevision: "a" },
    "1 of 3 pods updated",
  ],
  [
    "a stateful set that is updated up to a partition",
    "StatefulSet",
    { replicas: 3, updateStrategy: { rollingUpdate: { partition: 2 } } },
    { ...seen, readyReplicas: 3, updatedReplicas: 1, updateRevision: "b", currentRevision: "a" },
    undefined,
  ],
  [
    "a stateful set that is done",
    "StatefulSet",
    { replicas: 3 },
    { ...seen, readyReplicas: 3, updatedReplicas: 3, updateRevision: "b", currentRevision: "b" },
    undefined,
  ],
  ["anything else", "Pod", {}, seen, "a Pod has no rollout"],
];

for (const [title, kind, spec, status, expected] of rows) {
  test(title, (t) => {
    t.is(rolloutLacks({ kind, generation: 2, spec, status }), expected);
  });
}
