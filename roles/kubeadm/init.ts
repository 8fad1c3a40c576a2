import { z } from "zod";
import { blocked, type Change, converged, pending } from "../../lib/engine/plan.ts";
import { defineTask } from "../../lib/engine/task.ts";
import { SecretText } from "../../lib/secrets/secret.ts";
import { content, type Sh, sh } from "../../lib/shell/sh.ts";
import { ownServer, RECORD } from "./cluster.ts";
import { judgeControlPlane, judgeWorker, type Standing } from "./judge.ts";
import { nodeState } from "./node-state.ts";
import { nodeUnknown } from "./predictions.ts";
import { inPrivate } from "./private-files.ts";

/** How long one of kubeadm's commands may take: images are pulled in it. */
const FORM_MS = 15 * 60_000;

const Node = z.strictObject({ name: z.string(), address: z.string(), bindPort: z.int() });
type Node = z.output<typeof Node>;

/** What is read and judged is the node alone, so that the same answer tells before and after. */
function stateOf(node: Node) {
  return nodeState({ server: ownServer(node), nodes: [node.name] });
}

/**
 * A control plane that is the first of its cluster. Whether it should be is for the role to find out: this task only
 * looks at its own host.
 */
export const kubeadmInit = defineTask({
  name: "kubeadmInit",
  params: z.strictObject({
    ...Node.shape,
    endpoint: z.string(),
    config: z.instanceof(SecretText),
    record: z.string(),
  }),
  subject: ({ name, endpoint }) => `${name} as the first of ${endpoint}`,
  reads: (node) => ({ state: stateOf(node) }),
  plan({ config, record, ...node }, { state }) {
    const standing = judgeControlPlane(state, node.name, node.address);
    const init = sh`kubeadm init --config "$hw_d/config" --skip-token-print --skip-certificate-key-print`;
    return planOf(standing, {
      what: "control plane",
      from: "none",
      to: "the first of a new cluster, by kubeadm init",
      commands: [inPrivate({ config: content(config) }, sh`${init}`), writeRecord(record)],
      predicts: nodeUnknown,
      deadlineMs: FORM_MS,
    });
  },
});

/** A control plane that joins those that are there. */
export const kubeadmJoinControlPlane = defineTask({
  name: "kubeadmJoin",
  params: z.strictObject({ ...Node.shape, via: z.string(), config: z.instanceof(SecretText), record: z.string() }),
  subject: ({ name, via }) => `${name} as a control plane, by ${via}`,
  reads: (node) => ({ state: stateOf(node) }),
  plan({ config, record, ...node }, { state }) {
    return planOf(judgeControlPlane(state, node.name, node.address), {
      what: "control plane",
      from: "none",
      to: "joined, a voting member of etcd, by kubeadm join",
      commands: [joinBy(config), writeRecord(record)],
      predicts: nodeUnknown,
      deadlineMs: FORM_MS,
    });
  },
});

/** A worker that joins. */
export const kubeadmJoinWorker = defineTask({
  name: "kubeadmJoin",
  params: z.strictObject({ name: z.string(), via: z.string(), config: z.instanceof(SecretText) }),
  subject: ({ name, via }) => `${name} as a worker, by ${via}`,
  reads: ({ name }) => ({ state: nodeState({ nodes: [name] }) }),
  plan({ name, config }, { state }) {
    return planOf(judgeWorker(state, name), {
      what: "worker",
      from: "none",
      to: "joined, by kubeadm join",
      commands: [joinBy(config)],
      predicts: nodeUnknown,
      deadlineMs: FORM_MS,
    });
  },
});

/** A worker's kubelet makes its node when kubeadm has ended already, a busy one seconds later. */
const settle = { what: "the API has the node", holdMs: 0, deadlineMs: 60_000 } as const;

function planOf(standing: Standing, change: Change) {
  if (standing.kind === "out") return pending([{ ...change, settle }]);
  if (standing.kind === "in") return converged("part of the cluster");
  const found = standing.kind === "half" ? `it lacks ${standing.missing.join(", ")}` : standing.said;
  return blocked(`the node is neither in nor out of a cluster: ${found}`);
}

function joinBy(config: SecretText): Sh {
  return inPrivate({ config: content(config) }, sh`kubeadm join --config "$hw_d/config"`);
}

/** Written last, and as a whole: where it is, forming came to its end. */
export function writeRecord(record: string): Sh {
  return sh`${content(record)} >${`${RECORD}.new`} && chmod 0600 ${`${RECORD}.new`} && mv -f ${`${RECORD}.new`} ${RECORD}`;
}
