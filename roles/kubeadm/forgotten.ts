import { z } from "zod";
import { blocked, type Change, converged, pending, unknowable } from "../../lib/engine/plan.ts";
import { defineTask } from "../../lib/engine/task.ts";
import { rawSh, sh } from "../../lib/shell/sh.ts";
import { ADMIN_CONF } from "./cluster.ts";
import { ownMember } from "./judge.ts";
import { ETCDCTL, nodeState } from "./node-state.ts";

/**
 * On a control plane: its cluster knows neither the node nor its member of etcd. The member goes first: as long as a
 * lost one is counted, it is missing from each majority.
 *
 * @see https://etcd.io/docs/v3.6/op-guide/runtime-configuration/
 */
export const forgotten = defineTask({
  name: "forgotten",
  params: z.strictObject({
    name: z.string(),
    address: z.string(),
    /** The API server of the control plane that this runs on. */
    server: z.string(),
  }),
  subject: ({ name }) => name,
  reads: ({ name, server }) => ({ state: nodeState({ server, nodes: [name] }) }),
  plan({ name, address, server }, { state }) {
    if (state.api.kind !== "answers")
      return blocked(`the API server of this control plane does not answer, so it cannot let go of ${name}`);
    if (!state.members) return blocked(`etcd does not answer here, so it cannot let go of ${name}`);
    const member = ownMember(state.members, name, address);
    const predicts = [unknowable(nodeState({ server, nodes: [name] }))];
    const changes: Change[] = [];
    if (member) {
      changes.push({
        what: "member of etcd",
        from: `${member.id}${member.voting ? "" : ", a learner"}`,
        to: "removed",
        commands: [rawSh(ETCDCTL), sh`hw_etcdctl member remove ${member.id}`],
        predicts,
        deadlineMs: 60_000,
      });
    }
    if (state.api.nodes.includes(name)) {
      changes.push({
        what: "node",
        from: "in the API",
        to: "deleted",
        commands: [
          sh`kubectl --kubeconfig ${ADMIN_CONF} --server ${server} delete node ${name} --ignore-not-found --timeout=60s`,
        ],
        predicts,
        deadlineMs: 90_000,
      });
    }
    return changes.length > 0 ? pending(changes) : converged("the cluster does not know it");
  },
});
