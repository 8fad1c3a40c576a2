import type { LabHost } from "../../test/lab/host.ts";
import type { Lab } from "../../test/lab/lab.ts";

/** What a cluster is in the end, by the name of what was looked at. */
export type Outcome = Readonly<Record<string, string>>;

const FILES = [
  "/etc/hosts",
  "/etc/hostname",
  "/etc/containerd/config.toml",
  "/etc/containerd/certs.d/_default/hosts.toml",
  "/etc/crictl.yaml",
  "/etc/haproxy/haproxy.cfg",
  "/etc/keepalived/keepalived.conf",
  "/etc/kubernetes/patches/kubeletconfiguration+merge.yaml",
  "/etc/kubernetes/manifests/kube-apiserver.yaml",
  "/var/lib/kubelet/config.yaml",
];

const UNITS = "containerd haproxy keepalived kubelet";
const SYSCTLS = "net.bridge.bridge-nf-call-iptables net.bridge.bridge-nf-call-ip6tables net.ipv4.ip_forward";

/** Sections, each with its name in the first line. */
const HOST = `
section() { printf '\\f%s\\n' "$1"; }
${FILES.map((path) => `section ${path}; cat ${path} 2>/dev/null`).join("\n")}
section packages; dpkg-query -W -f '\${Package} \${Version} \${db:Status-Status}\\n'
section 'held packages'; apt-mark showhold | sort
section services; for u in ${UNITS}; do echo "$u $(systemctl is-enabled $u 2>/dev/null) $(systemctl is-active $u)"; done
section 'kernel parameters'; sysctl ${SYSCTLS}
`;

const ETCDCTL = `crictl exec "$(crictl ps --name '^etcd$' --state Running -q | head -n 1)" etcdctl \\
  --endpoints https://127.0.0.1:2379 --cacert /etc/kubernetes/pki/etcd/ca.crt \\
  --cert /etc/kubernetes/pki/etcd/healthcheck-client.crt --key /etc/kubernetes/pki/etcd/healthcheck-client.key`;

const CLUSTER = `
export KUBECONFIG=/etc/kubernetes/admin.conf
section() { printf '\\f%s\\n' "$1"; }
section nodes; kubectl get nodes --no-headers | awk '{ print $1, $2, $3, $5 }'
section 'members of etcd'; ${ETCDCTL} member list | sed 's/^[^,]*, //' | sort
section 'configuration of kubeadm'; kubectl -n kube-system get configmap kubeadm-config -o jsonpath='{.data.ClusterConfiguration}'
section 'configuration of kube-proxy'; kubectl -n kube-system get configmap kube-proxy -o jsonpath='{.data.config\\.conf}'
section releases; helm list -A --no-headers | awk '{ print $1, $2, $(NF - 2), $(NF - 1), $NF }'
section 'values of flannel'; helm -n kube-flannel get values flannel -o json
section 'values of MetalLB'; helm -n metallb-system get values metallb -o json
section pools; kubectl -n metallb-system get ipaddresspools,l2advertisements -o jsonpath='{range .items[*]}{.kind} {.metadata.name} {.spec}{"\\n"}{end}'
section 'workloads'; kubectl get deployments,daemonsets -A -o jsonpath='{range .items[*]}{.kind} {.metadata.name} {.spec.template.spec.containers[*].image} {.status.readyReplicas}{.status.numberReady}{"\\n"}{end}'
`;

/** Looks at hosts and cluster; addresses are those of one network, whatever the lab. */
export async function outcomeOf(lab: Lab): Promise<Outcome> {
  const hosts = await Promise.all(
    lab.hosts.map(async (host) => {
      return sections(await told(host, HOST), lab).map(([name, text]) => [`${name} on ${host.name}`, text] as const);
    }),
  );
  return Object.fromEntries([...hosts.flat(), ...sections(await told(lab.host("node-1"), CLUSTER), lab)]);
}

async function told(host: LabHost, text: string): Promise<string> {
  const { code, stdout, stderr } = await host.exec(text, { timeoutMs: 60_000 });
  if (code !== 0) throw new Error(`${host.name}: exit ${code}: ${stderr}`);
  return stdout;
}

function sections(output: string, { prefix }: Lab): readonly (readonly [name: string, text: string])[] {
  return output
    .replaceAll(prefix, "10.88.0.")
    .split("\f")
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf("\n")), section.slice(section.indexOf("\n") + 1)]);
}

/** What is not the same, with lines that only one has, but for the file with a password in it. */
export function differences(one: Outcome, other: Outcome): readonly string[] {
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])].filter((name) => one[name] !== other[name]);
  return names.map((name) => {
    if (name.startsWith("/etc/keepalived/")) return name;
    const [old = [], now = []] = [one[name], other[name]].map((text) => text?.split("\n"));
    const lines = [
      ...old.filter((line) => !now.includes(line)).map((line) => `-${line}`),
      ...now.filter((line) => !old.includes(line)).map((line) => `+${line}`),
    ];
    return `${name} (${lines.slice(0, 6).join(", ")})`;
  });
}
