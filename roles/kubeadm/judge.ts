import { type EtcdMember, type NodeState, TELLING } from "./node-state.ts";

/** Where a host stands between being out of a cluster and being in it. */
export type Standing =
  /** kubeadm has not been here, or has been taken away completely. */
  | { readonly kind: "out" }
  /** Part of the cluster. `complete`: forming it came to its end, as its record says. */
  | { readonly kind: "in"; readonly complete: boolean }
  /** Formed as far as its files say, but its API server does not answer: it may be on its way up. */
  | { readonly kind: "silent"; readonly said: string }
  /** Neither in nor out: what is there, and what is missing. `silent`: that is an answer of its API server alone. */
  | {
      readonly kind: "half";
      readonly found: readonly string[];
      readonly missing: readonly string[];
      readonly silent?: true;
    };

const STATIC_PODS = [TELLING.apiServer, TELLING.controllerManager, TELLING.scheduler, TELLING.etcd];

/** Where a control plane stands by what is on its disk, and what its own API server and etcd say. */
export function judgeControlPlane(state: NodeState, name: string, address: string): Standing {
  const { files, api } = state;
  const has = (path: string) => files.has(path);
  if (!Object.values(TELLING).some(has)) return { kind: "out" };
  const found = traces(state);
  const wanted = [TELLING.adminConf, TELLING.kubeletConf, TELLING.kubeletConfig, ...STATIC_PODS];
  const absent = wanted.filter((path) => !has(path));
  if (absent.length > 0) return { kind: "half", found, missing: absent };
  if (api.kind !== "answers") {
    const said = api.kind === "silent" ? api.said : "there is no kubeconfig";
    // A file that says how the node was formed, or none: only the first can be trusted to be a node that is just down.
    if (has(TELLING.record)) return { kind: "silent", said };
    return { kind: "half", found, missing: [`its API: ${said}`], ...(api.kind === "silent" && { silent: true }) };
  }
  const missing = [
    ...(api.nodes.includes(name) ? [] : [`node ${name} in the API`]),
    ...memberFault(state.members, name, address),
  ];
  if (missing.length > 0) return { kind: "half", found, missing };
  return { kind: "in", complete: has(TELLING.record) && api.formed };
}

/** Where a worker stands: it has its own kubeconfig, and the API knows it by that. */
export function judgeWorker({ files, api }: NodeState, name: string): Standing {
  const has = (path: string) => files.has(path);
  const telling = [TELLING.kubeletConf, TELLING.bootstrapConf, TELLING.kubeletConfig, TELLING.pki];
  if (has(TELLING.apiServer) || has(TELLING.etcdData)) {
    return { kind: "half", found: [...files], missing: ["nothing: a control plane was formed here, not a worker"] };
  }
  if (!telling.some(has)) return { kind: "out" };
  const absent = [TELLING.kubeletConf, TELLING.kubeletConfig].filter((path) => !has(path));
  const found = telling.filter(has);
  if (absent.length > 0) return { kind: "half", found, missing: absent };
  if (api.kind === "answers" && !api.nodes.includes(name)) {
    return { kind: "half", found, missing: [`node ${name} in the API`] };
  }
  if (api.kind !== "answers") {
    const said = api.kind === "silent" ? api.said : "there is no kubeconfig";
    // Another cluster's authority, or an identity that is no longer known: no waiting will help.
    const foreign = /x509|unauthorized|forbidden/i.test(said);
    return foreign ? { kind: "half", found, missing: [`a cluster that knows it: ${said}`] } : { kind: "silent", said };
  }
  return { kind: "in", complete: true };
}

/** What is wrong with the node's own member of etcd. Told by its addresses too: before its first start it has no name. */
function memberFault(members: readonly EtcdMember[] | undefined, name: string, address: string): readonly string[] {
  if (!members) return ["an etcd that answers"];
  const own = ownMember(members, name, address);
  if (!own) return [`member ${name} of etcd`];
  return own.voting ? [] : [`a vote of etcd's member ${name}: it is still a learner`];
}

/** The node's member of etcd, by its name, or its address where it has never started. */
export function ownMember(members: readonly EtcdMember[], name: string, address: string): EtcdMember | undefined {
  const host = address.includes(":") ? `[${address}]` : address;
  return (
    members.find((member) => member.name === name) ??
    members.find(({ peerUrls }) => peerUrls.some((url) => url === `https://${host}:2380`))
  );
}

/** What the cluster still holds of a host that is out of it: a node or member that was never taken away. */
export function remainsOf(cluster: NodeState, name: string, address: string): readonly string[] {
  const member = ownMember(cluster.members ?? [], name, address);
  const node = cluster.api.kind === "answers" && cluster.api.nodes.includes(name);
  return [
    ...(node ? [`node ${name} in the API`] : []),
    ...(member ? [`${member.voting ? "member" : "learner"} ${name} of etcd`] : []),
  ];
}

/**
 * Members of etcd, the node's own left out, that have no vote or have never started: as long as one is there etcd takes no
 * other learner, and one that has a vote and never started is missing from the majority.
 */
export function unfinishedMembers({ members }: NodeState, name: string, address: string): readonly string[] {
  const own = ownMember(members ?? [], name, address);
  const others = (members ?? []).filter((member) => member !== own && (member.name === "" || !member.voting));
  return others.map((member) => member.name || member.peerUrls.join(" "));
}

/** What of a control plane is there. */
function traces({ files, members, api }: NodeState): readonly string[] {
  return [
    ...files,
    ...(api.kind === "answers" ? ["an API that answers"] : []),
    ...(members ? ["an etcd that answers"] : []),
  ];
}
