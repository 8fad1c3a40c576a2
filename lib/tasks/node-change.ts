import { type Prediction, unknowableWhere } from "../engine/plan.ts";
import { type Read, readId } from "../engine/read.ts";
import { accessRemedy, KUBECTL_CACHE } from "../reads/kubernetes-access.ts";
import { type NodeState, nodeAsked } from "../reads/kubernetes-nodes.ts";
import { command } from "../shell/sh.ts";

/** Other questions about the same names of the same node; what answers them is not known. */
export function otherReads(own: Read<unknown>): readonly Prediction[] {
  const mine = nodeAsked(own);
  return [
    unknowableWhere((read) => {
      const other = nodeAsked(read);
      if (!mine || !other || readId(read) === readId(own)) return false;
      if (other.node !== mine.node || other.aspect !== mine.aspect) return false;
      return other.names.some((name) => mine.names.includes(name));
    }),
  ];
}

/** What keeps a node from being changed. */
export function nodeObstacle(found: NodeState<unknown>, node: string, kubeconfig: string): string | undefined {
  if (found.kind === "no access") return accessRemedy(found, kubeconfig);
  if (found.kind === "refused") return `the API refused to tell of node ${node}: ${found.reason}`;
  if (found.kind === "found") return undefined;
  return `node ${node} does not exist; it has to join the cluster first, and its name is the one that its kubelet registers`;
}

/** A short command to the API. */
export function kubectlCommand(kubeconfig: string, words: readonly string[]) {
  return command(["kubectl", "--kubeconfig", kubeconfig, "--cache-dir", KUBECTL_CACHE, ...words]);
}
