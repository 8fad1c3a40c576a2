import { stringify } from "yaml";
import type { Task } from "../../lib/engine/task.ts";
import { directory } from "../../lib/tasks/directory.ts";
import { file } from "../../lib/tasks/file.ts";
import { type ClusterNodeParams, PATCHES } from "./cluster.ts";

const COMPONENTS = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd"] as const;
type Resources = ClusterNodeParams["resources"];

/**
 * Patches of what kubeadm makes of this node's static pods: whatever forms, joins or upgrades it later keeps to them.
 * The one of its kubelet is the task `kubeletSettings`.
 *
 * @see Kubernetes documentation, "Customizing components with the kubeadm API", patches
 */
export function patchFiles(resources: Resources = {}): readonly Task[] {
  return [
    directory({ path: "/etc/kubernetes" }),
    directory({ path: PATCHES }),
    ...COMPONENTS.map((name) => patchFile(`${name}+strategic.yaml`, resourcesPatch(name, resources))),
  ];
}

/** The patches of static pods, as they stand in the node's record. */
export function podPatches(resources: Resources): readonly string[] {
  return COMPONENTS.flatMap((name) => resourcesPatch(name, resources) ?? []);
}

function patchFile(name: string, text: string | undefined): Task {
  const path = `${PATCHES}/${name}`;
  return text === undefined ? file({ path, absent: true }) : file({ path, content: text });
}

/** Requests equal to limits, in whole CPUs: the pod is Guaranteed, and a static CPU manager gives it CPUs of its own. */
function resourcesPatch(name: (typeof COMPONENTS)[number], resources: Resources): string | undefined {
  const wanted = resources[name];
  if (!wanted) return undefined;
  return stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "kube-system" },
    spec: { containers: [{ name, resources: { requests: wanted, limits: wanted } }] },
  });
}
