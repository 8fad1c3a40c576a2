import { z } from "zod";
import { converged, pending, predict } from "../../lib/engine/plan.ts";
import { defineTask } from "../../lib/engine/task.ts";
import { rawSh, sh } from "../../lib/shell/sh.ts";
import { PATCHES, RECORD } from "./cluster.ts";
import { type NodeState, nodeState } from "./node-state.ts";
import { nodeUnknown } from "./predictions.ts";

/** What the read answers of a host that kubeadm has not been on. */
export const OUT: NodeState = {
  files: new Set(),
  ca: undefined,
  api: { kind: "no kubeconfig" },
  members: undefined,
};

/**
 * What `kubeadm reset` leaves behind, by its own words and by what was seen: settings and links of the pod network
 * (a `cni0` with the address of an old range keeps pods of a new one from starting), rules of kube-proxy in either
 * back end, the record and patches of these roles.
 *
 * Directories that somebody watches stay: containerd loses sight of an /etc/cni/net.d that is made anew, and its node
 * would never be ready again.
 */
const LEFTOVERS = `systemctl stop kubelet.service 2>/dev/null
rm -rf /etc/cni/net.d/* /var/lib/cni /run/flannel /run/calico /var/lib/calico ${PATCHES} ${RECORD}
rm -rf /etc/kubernetes/manifests/* /etc/kubernetes/pki /etc/kubernetes/*.conf /var/lib/etcd/member
rm -f /var/lib/kubelet/config.yaml /var/lib/kubelet/kubeadm-flags.env /var/lib/kubelet/cpu_manager_state /var/lib/kubelet/memory_manager_state
for hw_l in $(ls /sys/class/net); do
  case $hw_l in cni0|flannel.1|flannel-v6.1|vxlan.calico|vxlan-v6.calico|kube-ipvs0|nodelocaldns|cali*) ip link delete "$hw_l" 2>/dev/null;; esac
done
if command -v nft >/dev/null; then for hw_f in ip ip6; do nft delete table "$hw_f" kube-proxy 2>/dev/null; done; fi
for hw_t in iptables ip6tables; do
  command -v "$hw_t-save" >/dev/null && command -v "$hw_t-restore" >/dev/null || continue
  hw_r=$("$hw_t-save" 2>/dev/null) || continue
  case $hw_r in *KUBE-*|*FLANNEL-*|*CNI-*|*cali-*) printf '%s\\n' "$hw_r" | grep -v -e KUBE- -e FLANNEL- -e CNI- -e cali- | "$hw_t-restore";; esac
done
command -v ipvsadm >/dev/null && ipvsadm --clear
:`;

/**
 * A host that is out of any cluster: what kubeadm has made is taken apart, and what it leaves behind too. Data of etcd
 * and of pods on this host is lost. Packages, containerd and balancers stay.
 *
 * It does not tell the cluster: see {@link forgotten}. kubeadm would try that for its member of etcd, for minutes where
 * the cluster goes at once, or has lost its majority.
 */
export const kubeadmReset = defineTask({
  name: "kubeadmReset",
  params: z.strictObject({
    name: z.string(),
    /** Its API server's address, where it may have one. */
    server: z.string().optional(),
    criSocket: z.string(),
  }),
  subject: ({ name }) => name,
  reads: ({ name, server }) => ({ state: nodeState({ ...(server && { server }), nodes: [name] }) }),
  plan({ name, server, criSocket }, { state }) {
    if (state.files.size === 0) return converged("out of any cluster");
    const options = sh`--force --cleanup-tmp-dir --skip-phases remove-etcd-member --cri-socket ${criSocket}`;
    const reset = sh`if command -v kubeadm >/dev/null; then kubeadm reset ${options}; fi`;
    return pending([
      {
        what: "node",
        from: [...state.files].join(", "),
        to: "out of any cluster, by kubeadm reset",
        // What reset could not do is done by what follows, and read again.
        commands: [sh`${reset} || :`, rawSh(LEFTOVERS)],
        predicts: [...nodeUnknown, predict(nodeState({ ...(server && { server }), nodes: [name] }), OUT)],
        deadlineMs: 5 * 60_000,
      },
    ]);
  },
});
