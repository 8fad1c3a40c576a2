import { defineRead, type Read } from "../../lib/engine/read.ts";
import { joinSh, rawSh, sh } from "../../lib/shell/sh.ts";
import { ADMIN_CONF, KUBELET_CONF, KUBELET_CONFIG, RECORD } from "./cluster.ts";

/** A member of etcd. A learner has no vote yet. */
export interface EtcdMember {
  /** In hexadecimal, as etcdctl takes it. */
  readonly id: string;
  /** Empty until it has started for the first time. */
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly voting: boolean;
}

/** What kubeadm has left on a host, and what the API says of it. */
export interface NodeState {
  /** Of the files that tell, those that exist. */
  readonly files: ReadonlySet<string>;
  /** The cluster's certificate authority. */
  readonly ca: string | undefined;
  readonly api:
    | { readonly kind: "no kubeconfig" }
    | { readonly kind: "silent"; readonly said: string }
    /** `formed`: it knows how kubeadm has formed it. */
    | { readonly kind: "answers"; readonly formed: boolean; readonly nodes: readonly string[] };
  /** What etcd says here; `undefined` where no etcd runs, or it does not answer. */
  readonly members: readonly EtcdMember[] | undefined;
}

/** Files and directories that tell what kubeadm has done. */
export const TELLING = {
  adminConf: ADMIN_CONF,
  kubeletConf: KUBELET_CONF,
  bootstrapConf: "/etc/kubernetes/bootstrap-kubelet.conf",
  kubeletConfig: KUBELET_CONFIG,
  pki: "/etc/kubernetes/pki/ca.crt",
  apiServer: "/etc/kubernetes/manifests/kube-apiserver.yaml",
  controllerManager: "/etc/kubernetes/manifests/kube-controller-manager.yaml",
  scheduler: "/etc/kubernetes/manifests/kube-scheduler.yaml",
  etcd: "/etc/kubernetes/manifests/etcd.yaml",
  etcdData: "/var/lib/etcd/member",
  record: RECORD,
} as const;

/**
 * `hw_etcdctl ARGUMENTS…` asks the etcd of this control plane, by the certificate that its probes use. Its container is
 * found by the runtime: the API may be what is wrong.
 */
export const ETCDCTL = `hw_etcdctl() {
  hw_c=$(crictl ps --name '^etcd$' --state Running -q 2>/dev/null | head -n 1)
  [ -n "$hw_c" ] || { echo 'no etcd runs here'; return 9; }
  hw_e=/etc/kubernetes/pki/etcd
  timeout 20 crictl exec "$hw_c" etcdctl --endpoints=https://127.0.0.1:2379 --command-timeout=10s \\
    --cacert="$hw_e/ca.crt" --cert="$hw_e/healthcheck-client.crt" --key="$hw_e/healthcheck-client.key" "$@"
}`;

/**
 * `hw_node SERVER NODE…`: the files, the authority, then what the API says. A control plane asks its own API server,
 * since the virtual address leads to any; a worker has only what is in its kubelet's kubeconfig.
 */
const PROGRAM = `${ETCDCTL}
hw_node() {
  hw_s=$1; shift
  for hw_f in ${Object.values(TELLING).join(" ")}; do [ ! -e "$hw_f" ] || echo "file $hw_f"; done
  [ ! -f ${TELLING.pki} ] || echo "ca $(base64 <${TELLING.pki} | tr -d '\\n')"
  if [ -f ${ADMIN_CONF} ] && [ "$hw_s" != - ]; then set -- ${ADMIN_CONF} --server="$hw_s" "$@"
  elif [ -f ${KUBELET_CONF} ]; then set -- ${KUBELET_CONF} --request-timeout=10s "$@"
  else echo 'end'; return; fi
  hw_k=$1 hw_o=$2; shift 2
  if hw_a=$(timeout 15 kubectl --kubeconfig "$hw_k" "$hw_o" --request-timeout=10s -n kube-system get --ignore-not-found -o name configmap/kubeadm-config "$@" 2>&1)
  then echo 'answers'; printf '%s\\n' "$hw_a"
  else printf 'silent %s\\n' "$(printf '%s' "$hw_a" | tail -n 1)"; fi
  if [ -f ${TELLING.etcd} ] && hw_m=$(hw_etcdctl member list -w json 2>/dev/null); then printf 'members %s\\n' "$(printf '%s' "$hw_m" | tr -d '\\n')"; fi
  echo 'end'
}`;

interface Question {
  /** The control plane's own API server, `https://10.0.0.11:6444`; `-` on a worker. */
  readonly server: string;
  readonly nodes: readonly string[];
}

const kubeadmNode = defineRead<NodeState>({
  name: "kubeadm-node",
  outlastsPackages: true,
  ask: (keys) =>
    joinSh([
      rawSh(PROGRAM),
      ...keys.map((key) => {
        const { server, nodes }: Question = JSON.parse(key);
        return sh`hw_node ${server} ${nodes.map((node) => `node/${node}`)}`;
      }),
    ]),
  split: (output, keys) => {
    const records = output.toString("latin1").split(/(?<=^end\n)/m);
    return keys.map((_, index) => Buffer.from(records[index] ?? "", "latin1"));
  },
  parse: (record) => parseNodeState(record.toString("utf8")),
  hangsOn: (_key, path) => path.startsWith("/etc/kubernetes/") || path.startsWith("/var/lib/kubelet/"),
  deadlineMs: 90_000,
});

/**
 * What kubeadm has left here. On a control plane also what its own API server and its etcd say, and which of `nodes`
 * the cluster knows.
 */
export function nodeState({ server = "-", nodes }: { server?: string; nodes: readonly string[] }): Read<NodeState> {
  return kubeadmNode(JSON.stringify({ server, nodes: [...nodes].sort() }));
}

/** What `hw_node` prints. @throws Error when it is something else */
export function parseNodeState(record: string): NodeState {
  const files = new Set<string>();
  const nodes: string[] = [];
  let ca: string | undefined;
  let formed = false;
  let api: "no kubeconfig" | "answers" | "silent" = "no kubeconfig";
  let said = "";
  let members: readonly EtcdMember[] | undefined;
  for (const line of record.split("\n")) {
    const [word = "", ...rest] = line.split(" ");
    const text = rest.join(" ");
    if (word === "file") files.add(text);
    else if (word === "ca") ca = Buffer.from(text, "base64").toString();
    else if (word === "answers") api = "answers";
    else if (word === "silent") {
      api = "silent";
      said = text;
    } else if (word === "members") members = parseMembers(text);
    else if (word.startsWith("node/")) nodes.push(word.slice("node/".length));
    else if (word === "configmap/kubeadm-config") formed = true;
  }
  if (!record.endsWith("end\n")) throw new Error(`kubeadm's state ends in the middle: ${JSON.stringify(record)}`);
  const answer =
    api === "answers" ? { kind: api, formed, nodes } : api === "silent" ? { kind: api, said } : { kind: api };
  return { files, ca, api: answer, members };
}

/**
 * What `etcdctl member list -w json` prints. Its ids are numbers of 64 bits, more than a JSON number keeps.
 *
 * @see https://etcd.io/docs/v3.6/op-guide/runtime-configuration/
 */
export function parseMembers(json: string): readonly EtcdMember[] {
  const exact = json.replaceAll(/"ID":(\d+)/g, '"ID":"$1"');
  const { members = [] }: { members?: readonly RawMember[] } = JSON.parse(exact);
  return members.map(({ ID, name = "", peerURLs = [], isLearner = false }) => ({
    id: BigInt(ID).toString(16),
    name,
    peerUrls: peerURLs,
    voting: !isLearner,
  }));
}

interface RawMember {
  readonly ID: string;
  readonly name?: string;
  readonly peerURLs?: readonly string[];
  readonly isLearner?: boolean;
}
