import { defineRead, type Read } from "../engine/read.ts";
import { joinSh, rawSh, type Sh, sh } from "../shell/sh.ts";
import { type HostReadiness, parseHostReadiness } from "./host-readiness-record.ts";
import { kernelModule } from "./kernel-module.ts";
import { swap } from "./swap.ts";

/** What is asked beside the host's own state. */
export interface ReadinessQuestion {
  /** Kernel modules, by their names with `_`. */
  readonly modules: readonly string[];
  /** An address that is tried from there, unless the host carries it itself: does anybody answer? */
  readonly probe?: string | undefined;
}

/**
 * The clock stands at both ends: the host's own time in between does not count as time on the line. What cannot be had
 * leaves its section empty. Modules are asked as the task `kernelModule` asks, and beside that by what they put into
 * /proc, since a kernel without a list of what is built in has them all the same.
 */
const before = rawSh(`echo @first; date +%s.%N
echo @system; uname -snm
echo @machine-id; cat /etc/machine-id 2>/dev/null
echo @product-uuid; cat /sys/class/dmi/id/product_uuid 2>/dev/null
echo @container; cat /run/systemd/container 2>/dev/null
[ ! -e /.dockerenv ] || echo docker; [ ! -e /run/.containerenv ] || echo podman
echo @memory; grep '^MemTotal:' /proc/meminfo
echo @cpus; nproc 2>/dev/null || grep -c '^processor' /proc/cpuinfo
echo @cgroup; [ -e /sys/fs/cgroup/cgroup.controllers ] && echo 2 || echo 1
echo @addresses; command -v ip; hw_ip=$(ip -o addr show 2>/dev/null); printf '%s\\n' "$hw_ip"
echo @links; cat /sys/class/net/*/address 2>/dev/null
echo @listeners
if command -v ss >/dev/null; then ss -H -lntp 2>/dev/null
else awk '$4 == "0A" { print "hex", $2 }' /proc/net/tcp /proc/net/tcp6 2>/dev/null; fi
echo @present; grep -ow overlay /proc/filesystems
[ ! -e /proc/sys/net/bridge ] || echo br_netfilter
[ ! -e /proc/sys/net/netfilter/nf_conntrack_max ] || echo nf_conntrack
echo @kubelet; ! command -v kubelet >/dev/null || kubelet --version 2>/dev/null
echo @kubeadm; ! command -v kubeadm >/dev/null || kubeadm version -o short 2>/dev/null
cd /etc/kubernetes 2>/dev/null && {
  echo @files; for hw_f in admin.conf kubelet.conf manifests/kube-apiserver.yaml; do [ ! -e "$hw_f" ] || echo "$hw_f"; done
  echo @apiserver; sed -n 's/^ *image: .*kube-apiserver[:@]//p' manifests/kube-apiserver.yaml 2>/dev/null
  echo @ca; [ ! -f pki/ca.crt ] || sha256sum <pki/ca.crt
}`);

const after = rawSh(`echo @last; date +%s.%N`);

/**
 * ICMP may be filtered where ARP is not: the neighbour table tells of both. Without ping, bash has something to send
 * that makes the kernel look for the address. What the kernel remembers of it is dropped first, so that it asks anew: it
 * would go on for half a minute to believe in one who is gone. On the host's own address nothing is tried; it may become
 * one meanwhile, where keepalived was started just before, and then the host has answered itself.
 */
function probeText(address: string): Sh {
  return sh`echo @probe
hw_own() { case "$1" in *${` ${address}/`}*) echo own ;; *) return 1 ;; esac; }
hw_own "$hw_ip" || {
  ip neigh flush to ${address} 2>/dev/null
  hw_tried=$(
    if command -v ping >/dev/null; then ping -c 1 -w 2 ${address} >/dev/null 2>&1 && echo answered || echo silent
    elif command -v bash >/dev/null; then bash --norc -c 'echo >"/dev/udp/$0/9"' ${address} 2>/dev/null; sleep 1; echo silent
    else echo untried; fi
    ip neigh show to ${address} 2>/dev/null
  )
  hw_own "$(ip -o addr show 2>/dev/null)" || printf '%s\\n' "$hw_tried"
}`;
}

function askOne(key: string): Sh {
  const { modules, probe } = questionOf(key);
  return joinSh([
    before,
    rawSh("echo @swap"),
    sh`( ${swap.kind.ask([swap.key])}\n)`,
    rawSh("echo @modules"),
    ...(modules.length > 0 ? [kernelModule("").kind.ask(modules)] : []),
    ...(probe === undefined ? [] : [probeText(probe)]),
    after,
  ]);
}

const kind = defineRead<HostReadiness>({
  name: "host-readiness",
  ask: (keys) => joinSh(keys.map((key) => sh`( ${askOne(key)}\n)`)),
  split(output, keys) {
    const records = `\n${output.toString("latin1")}`.split(/(?<=\n)(?=@first\n)/).slice(1);
    if (records.length !== keys.length) throw new Error(`${records.length} records for ${keys.length} keys`);
    return records.map((record) => Buffer.from(record, "latin1"));
  },
  parse: (record, key) => parseHostReadiness(record.toString(), questionOf(key).modules),
});

/**
 * All that a preflight wants to know of a host, in one question: who it is, what it has, who listens, what of
 * Kubernetes is there already, and whether somebody answers for an address.
 *
 * The probe sends one or two packets and takes two seconds at most, where nobody answers.
 *
 * @param question modules in any order; `probe` an address in the kernel's own spelling
 * @see ss(8), ip-address(8), ip-neighbour(8), machine-id(5)
 */
export function hostReadiness({ modules, probe }: ReadinessQuestion): Read<HostReadiness> {
  return kind(JSON.stringify({ modules: [...new Set(modules)].sort(), ...(probe !== undefined && { probe }) }));
}

function questionOf(key: string): ReadinessQuestion {
  return JSON.parse(key);
}
