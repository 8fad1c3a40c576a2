import { readFileSync } from "node:fs";
import test from "ava";
import type { Host } from "../../../lib/engine/host.ts";
import type { Read } from "../../../lib/engine/read.ts";
import { ConnectionError, PrivilegeError, TaskError, UsageError } from "../../../lib/errors.ts";
import type { HostReadiness } from "../../../lib/reads/host-readiness-record.ts";
import { CHECKS, findingLine } from "../../../roles/preflight/checks.ts";
import { clockOffset } from "../../../roles/preflight/clock.ts";
import { findingsOf } from "../../../roles/preflight/findings.ts";
import { preflight } from "../../../roles/preflight/index.ts";
import type { NodeAnswer, Role } from "../../../roles/preflight/nodes.ts";
import { PreflightParams } from "../../../roles/preflight/params.ts";

const fit: HostReadiness = {
  clock: { first: { fromMs: 1000, toMs: 1000 }, last: { fromMs: 1100, toMs: 1100 } },
  system: "Linux",
  architecture: "x86_64",
  hostname: "",
  machineId: "",
  productUuid: undefined,
  container: false,
  memoryMib: 1700,
  cpus: 2,
  cgroupVersion: 2,
  swap: { active: [], fstab: [], units: [] },
  addresses: [],
  hardwareAddresses: [],
  listeners: [],
  missingModules: [],
  kubelet: undefined,
  kubeadm: undefined,
  apiserver: undefined,
  files: [],
  authority: undefined,
  probe: undefined,
};

/** Three control planes and a worker, 10.0.0.11 to 14, that nothing is wrong with. */
const names = ["cp-1", "cp-2", "cp-3", "w-1"] as const;
type Name = (typeof names)[number];
type Changes = Partial<Record<Name, Partial<HostReadiness> | "lost" | { readonly aheadMs: readonly [number, number] }>>;

const eth0 = (address: string, prefix = 24) => ({ interface: "eth0", address, prefix });

function answers(changes: Changes, addresses: Partial<Record<Name, string>> = {}): readonly NodeAnswer[] {
  return names.map((name, index): NodeAnswer => {
    const role: Role = name === "w-1" ? "worker" : "control plane";
    const node = { name, address: addresses[name] ?? `10.0.0.${11 + index}`, role };
    const change = changes[name] ?? {};
    if (change === "lost") return { kind: "lost", node, why: "cannot be reached: no answer\nfrom 10.0.0.13" };
    const [fromMs, toMs] = "aheadMs" in change ? change.aheadMs : [-5, 5];
    const readiness: HostReadiness = {
      ...fit,
      hostname: name,
      machineId: String(index).repeat(32),
      addresses: [{ interface: "lo", address: "127.0.0.1", prefix: 8 }, eth0(`10.0.0.${11 + index}`)],
      hardwareAddresses: [`52:54:00:00:00:0${index}`],
      ...("aheadMs" in change ? {} : change),
    };
    return { kind: "told", node, readiness, offset: { fromMs, toMs } };
  });
}

const base = {
  controlPlanes: names.slice(0, 3).map((name, index) => ({ name, address: `10.0.0.${11 + index}` })),
  workers: [{ name: "w-1", address: "10.0.0.14" }],
  virtualAddress: "10.0.0.100/24",
  podNetwork: "10.244.0.0/16",
  kubernetesVersion: "1.36.4",
};

const linesOf = (told: readonly NodeAnswer[], settings: object) =>
  findingsOf(told, PreflightParams.parse({ ...base, ...settings })).map(
    (finding) => `${finding.host ?? "all"}: ${findingLine(finding)}`,
  );

const listens = (port: number, ...processes: { name: string; pid: number }[]) => ({ port, processes });
const own = (index: number, ...more: HostReadiness["addresses"] & object) => ({
  addresses: [eth0(`10.0.0.${11 + index}`), ...more],
});

/** What a control plane of a running cluster is like. */
const running: Partial<HostReadiness> = {
  files: ["admin.conf", "kubelet.conf", "manifests/kube-apiserver.yaml"],
  authority: "aa",
  kubelet: "1.36.4",
  kubeadm: "1.36.4",
  apiserver: "1.36.4",
  listeners: [
    listens(6443, { name: "haproxy", pid: 1 }, { name: "haproxy", pid: 2 }),
    listens(6444, { name: "kube-apiserver", pid: 3 }),
    listens(2379, { name: "etcd", pid: 4 }),
    listens(2380, { name: "etcd", pid: 4 }),
    listens(10_250, { name: "kubelet", pid: 5 }),
    listens(10_257, { name: "kube-controller", pid: 6 }),
    listens(10_259, { name: "kube-scheduler", pid: 7 }),
  ],
};
const pods = [
  { interface: "cni0", address: "10.244.1.1", prefix: 24 },
  { interface: "flannel.1", address: "10.244.1.0", prefix: 32 },
  { interface: "kube-ipvs0", address: "10.96.0.1", prefix: 32 },
];

type Row = readonly [title: string, changes: Changes, settings: object, expected: readonly string[]];

const hosts: readonly Row[] = [
  ["hosts that nothing is wrong with have no findings", {}, {}, []],
  [
    "a running cluster has none: its own programs, addresses and virtual address are what they have to be",
    {
      "cp-1": {
        ...running,
        ...own(0, ...pods),
        probe: { kind: "tried", answered: true, neighbour: "52:54:00:00:00:01" },
      },
      "cp-2": { ...running, ...own(1, eth0("10.0.0.100"), ...pods) },
      "cp-3": { ...running, ...own(2, ...pods) },
      "w-1": {
        ...own(3, ...pods),
        files: ["kubelet.conf"],
        authority: "aa",
        kubelet: "1.36.4",
        listeners: [listens(10_250, { name: "kubelet", pid: 5 }), listens(6443, { name: "nginx", pid: 8 })],
      },
    },
    {},
    [],
  ],
  [
    "a host that cannot be reached is told in one line, whatever its error",
    { "w-1": "lost" },
    {},
    ["all: w-1 cannot be reached: no answer / from 10.0.0.13 (check: reachable)"],
  ],
  [
    "memory and CPUs are compared with what the host's role needs",
    { "cp-1": { memoryMib: 1699, cpus: 1 }, "w-1": { memoryMib: 1699, cpus: 1 } },
    { minimumMemoryMib: { worker: 1000 } },
    [
      "cp-1: it has 1699 MiB of memory, a control plane needs 1700; give it more (check: memory)",
      "cp-1: it has 1 CPU, a control plane needs 2; give it more (check: cpus)",
    ],
  ],
  [
    "swap counts now and at the next boot",
    {
      "cp-1": { swap: { active: ["/dev/sda2"], fstab: ["/dev/sda2"], units: [] } },
      "cp-2": { swap: { active: [], fstab: ["/swap"], units: [{ name: "dev-zram0.swap", remedy: "mask" }] } },
    },
    {},
    [
      "cp-1: it swaps to /dev/sda2, and kubelet does not start with swap; the task swap or the role base takes it away (check: swap)",
      "cp-2: it will swap after a boot, by /swap of /etc/fstab, dev-zram0.swap, and kubelet does not start with swap; the task swap or the role base takes it away (check: swap)",
    ],
  ],
  [
    "another system or architecture, and control groups of version 1",
    { "cp-1": { architecture: "armv7l" }, "cp-2": { architecture: "aarch64" }, "cp-3": { cgroupVersion: 1 } },
    {},
    [
      "cp-1: it is Linux on armv7l; these roles are for Linux on x86_64 or aarch64 (check: platform)",
      "cp-3: control groups are of version 1, with which kubelet does not start since 1.35; boot with systemd.unified_cgroup_hierarchy=1, or set kubelet's failCgroupV1 to false (check: cgroup-version)",
    ],
  ],
  [
    "control groups of version 1 will do for kubelets before 1.35",
    { "cp-1": { cgroupVersion: 1 } },
    { kubernetesVersion: "v1.34.9" },
    [],
  ],
  [
    "modules that the kernel does not have",
    { "w-1": { missingModules: ["br_netfilter", "vxlan"] } },
    {},
    [
      "w-1: the running kernel has no br_netfilter, vxlan; reboot into the installed one, or install its modules (check: kernel-modules)",
    ],
  ],
  [
    "an address that no interface has, and a host without ip",
    { "cp-1": { addresses: [eth0("192.168.1.5"), eth0("fe80::1", 64)] }, "w-1": { addresses: undefined } },
    {},
    [
      "cp-1: no interface has its address 10.0.0.11, on which etcd and kubelet are to listen (found: 192.168.1.5 on eth0); name one of its own (check: node-address)",
      "w-1: has no `ip` command, which kubeadm calls; install iproute2 (check: node-address)",
    ],
  ],
  [
    "a port that somebody else has is named with the program; one whose program is not known counts on a fresh host",
    {
      "cp-1": { listeners: [listens(2379, { name: "nginx", pid: 812 }, { name: "etcd", pid: 9 }), listens(8080)] },
      "cp-2": { listeners: [listens(6443)] },
      "cp-3": { listeners: [listens(6443)], files: ["admin.conf"] },
      "w-1": { listeners: [listens(10_250, { name: "kubelet2", pid: 7 })] },
    },
    {},
    [
      "cp-1: port 2379 is for etcd, and nginx (pid 812) listens there; stop it, or give one of them another port (check: ports)",
      "cp-2: port 6443 is for haproxy, and a program that cannot be told listens there; stop it, or give one of them another port (check: ports)",
      "w-1: port 10250 is for kubelet, and kubelet2 (pid 7) listens there; stop it, or give one of them another port (check: ports)",
    ],
  ],
  [
    "an apiserver has the balancer's port behind a virtual address, and its own without",
    { "cp-1": { listeners: [listens(6443, { name: "kube-apiserver", pid: 9 })] } },
    {},
    [
      "cp-1: port 6443 is for haproxy, and kube-apiserver (pid 9) listens there; stop it, or give one of them another port (check: ports)",
    ],
  ],
  [
    "without a virtual address the apiserver is where clients connect",
    {
      "cp-1": { listeners: [listens(6443, { name: "kube-apiserver", pid: 9 }), listens(6444, { name: "x", pid: 1 })] },
    },
    { virtualAddress: undefined },
    [],
  ],
  [
    "ports are those of the parameters",
    { "cp-1": { listeners: [listens(2379, { name: "x", pid: 1 })] } },
    { ports: { etcdClient: 3379 } },
    [],
  ],
  [
    "a worker with an apiserver, and hosts of another cluster than most",
    {
      "cp-1": { files: ["kubelet.conf"], authority: "bb" },
      "cp-2": { files: ["kubelet.conf"], authority: "aa" },
      "cp-3": { files: ["kubelet.conf"], authority: "aa" },
      "w-1": { files: ["manifests/kube-apiserver.yaml"], authority: "cc" },
    },
    {},
    [
      "w-1: is listed as a worker and has /etc/kubernetes/manifests/kube-apiserver.yaml; list it as a control plane, or take it out of its cluster by `kubeadm reset` (check: cluster)",
      "cp-1: belongs to another cluster than cp-2: the certificate authorities differ; `kubeadm reset` takes it out of there (check: cluster)",
    ],
  ],
];

const versions: readonly Row[] = [
  [
    "a kubelet three minor versions older will do, and a newer patch",
    { "w-1": { kubelet: "1.33.0" }, "cp-1": { kubelet: "1.36.9" } },
    {},
    [],
  ],
  [
    "a kubelet of four minor versions back, and a newer one",
    { "w-1": { kubelet: "1.32.9" }, "cp-1": { kubelet: "1.37.0" } },
    {},
    [
      "cp-1: kubelet is 1.37.0, newer than the wanted 1.36.4, which it must not be; install an older one (check: version-skew)",
      "w-1: kubelet is 1.32.9, more than 3 minor versions older than the wanted 1.36.4; upgrade it first (check: version-skew)",
    ],
  ],
  [
    "kubeadm may be one minor version away, a cluster one older",
    { "cp-1": { kubeadm: "1.37.0", apiserver: "1.35.1" }, "cp-2": { kubeadm: "1.35.0" } },
    { allow: ["upgrade"] },
    [],
  ],
  [
    "a control plane of another version, be it another patch, would be an upgrade",
    { "cp-1": { apiserver: "1.36.3" }, "cp-2": { apiserver: "1.35.1" }, "cp-3": { apiserver: "1.36.4" } },
    {},
    [
      "cp-1: the control plane here is of 1.36.3, and 1.36.4 is wanted: an upgrade goes node by node, which another configuration does not do; name 1.36.3, or upgrade by kubeadm first (check: upgrade)",
      "cp-2: the control plane here is of 1.35.1, and 1.36.4 is wanted: an upgrade goes node by node, which another configuration does not do; name 1.35.1, or upgrade by kubeadm first (check: upgrade)",
    ],
  ],
  [
    "kubeadm two minor versions away, and a cluster two older or one newer",
    { "cp-1": { apiserver: "1.37.0" }, "cp-2": { apiserver: "1.34.9", kubeadm: "1.34.9" } },
    { kubernetesVersion: "v1.36.4" },
    [
      "cp-1: the apiserver here is 1.37.0, newer than the wanted 1.36.4; a cluster cannot go back a minor version (check: version-skew)",
      "cp-2: the apiserver here is 1.34.9, and 1.36.4 is wanted; upgrade one minor version at a time (check: version-skew)",
      "cp-2: kubeadm is 1.34.9, which handles 1.36.4 no more than a minor version away; install that of 1.36.4 (check: version-skew)",
    ],
  ],
  [
    "without a wanted version nothing is compared",
    { "cp-1": { kubelet: "1.20.0", apiserver: "1.20.0" } },
    { kubernetesVersion: undefined },
    [],
  ],
];

const clocks: readonly Row[] = [
  ["a clock as far away as the tolerance will do", { "cp-1": { aheadMs: [2005, 2015] } }, {}, []],
  [
    "a clock further away than the tolerance and what the line may have added",
    { "cp-1": { aheadMs: [2006, 2015] }, "w-1": { aheadMs: [-90_000, -89_000] } },
    {},
    [
      "cp-1: its clock is 2.0 s ahead of that of cp-2: certificates seem not yet valid, and leases expired; let chrony or systemd-timesyncd keep the time (check: time)",
      "w-1: its clock is 1 min 29 s behind that of cp-2: certificates seem not yet valid, and leases expired; let chrony or systemd-timesyncd keep the time (check: time)",
    ],
  ],
  ["a slow line hides what it may have made", { "cp-1": { aheadMs: [-3000, 6000] } }, {}, []],
  [
    "the controller's own clock does not matter",
    Object.fromEntries(names.map((name) => [name, { aheadMs: [60_000, 60_010] }])),
    {},
    [],
  ],
  ["the tolerance is a parameter", { "cp-1": { aheadMs: [2006, 2015] } }, { timeToleranceMs: 3000 }, []],
];

const identities: readonly Row[] = [
  [
    "what was copied with an image",
    {
      "cp-1": { hostname: "debian", machineId: "a".repeat(32), productUuid: "4c4c4544-1" },
      "cp-2": { hostname: "debian", machineId: "a".repeat(32), productUuid: "4c4c4544-1" },
      "w-1": { hostname: "Debian" },
    },
    {},
    [
      "all: cp-1 and cp-2 and w-1 have the host name debian: kubelet registers its node by it; name them by the task hostname, or by the role base (check: hostname)",
      `all: cp-1 and cp-2 have the machine id ${"a".repeat(32)}: pod networks and DHCP take it for the machine; on all but one: rm /etc/machine-id && systemd-machine-id-setup, and reboot (check: machine-id)`,
      "all: cp-1 and cp-2 have the product UUID 4c4c4544-1: Kubernetes tells machines apart by it; give the virtual machines UUIDs of their own (check: product-uuid)",
    ],
  ],
  [
    "no identity is not the same identity, and containers share that of their machine",
    {
      "cp-1": { machineId: "", productUuid: "00000000-0000-0000-0000-000000000000" },
      "cp-2": { machineId: "", productUuid: "00000000-0000-0000-0000-000000000000" },
      "cp-3": { machineId: "uninitialized", productUuid: "4c4c4544-1", container: true },
      "w-1": { machineId: "uninitialized", productUuid: "4c4c4544-1", container: true },
    },
    {},
    [],
  ],
];

const networks: readonly Row[] = [
  [
    "ranges of pods and services that overlap",
    {},
    { podNetwork: "10.96.0.0/16" },
    [
      "all: the pods' range 10.96.0.0/16 and the services' range 10.96.0.0/12 overlap; take another range for one of them (check: networks)",
    ],
  ],
  [
    "a network that hosts are in, named once; the virtual address is in it",
    {},
    { podNetwork: "10.0.0.0/16" },
    [
      "all: the pods' range 10.0.0.0/16 overlaps with 10.0.0.0/24 (eth0 of cp-1, eth0 of cp-2, eth0 of cp-3 and 1 more); take another range (check: networks)",
    ],
  ],
  [
    "a second network of one host, and a host that was not asked by its address",
    { "cp-1": own(0, { interface: "eth1", address: "10.97.3.4", prefix: 24 }), "w-1": "lost" },
    { allow: ["reachable"], workers: [] },
    [
      "all: the services' range 10.96.0.0/12 overlaps with 10.97.3.0/24 (eth1 of cp-1); take another range (check: networks)",
    ],
  ],
  [
    "the address of a host that is lost counts by itself",
    Object.fromEntries(names.map((name) => [name, "lost"])),
    { podNetwork: "10.0.0.0/28", nodeMaskSize: 30, virtualAddress: undefined, allow: ["reachable"] },
    names
      .slice(0, 4)
      .map(
        (name, index) =>
          `all: the pods' range 10.0.0.0/28 overlaps with 10.0.0.${11 + index}, the address of ${name}; take another range (check: networks)`,
      ),
  ],
  [
    "a virtual address of another network",
    {},
    { virtualAddress: "10.97.0.100/24", allow: ["virtual-address"] },
    [
      "all: the services' range 10.96.0.0/12 overlaps with 10.97.0.100, the virtual address; take another range (check: networks)",
    ],
  ],
  ["a range with as many shares as nodes will do", {}, { podNetwork: "10.244.0.0/22" }, []],
  [
    "a range with fewer shares than nodes",
    {},
    { podNetwork: "10.244.0.0/23" },
    [
      "all: the pods' range 10.244.0.0/23 has room for 2 nodes with a /24 each, and there are 4; take a larger range, or smaller shares (check: network-size)",
    ],
  ],
  [
    "a range smaller than a share, and services with too few addresses",
    {},
    { podNetwork: "10.244.0.0/25", serviceNetwork: "10.96.0.0/29" },
    [
      "all: the pods' range 10.244.0.0/25 is smaller than the /24 that each node gets of it; take a larger range (check: network-size)",
      "all: the services' range 10.96.0.0/29 is too small: kubeadm wants 10 addresses, a /28 at least (check: network-size)",
    ],
  ],
  ["services with just enough addresses, and just not too many", {}, { serviceNetwork: "10.96.0.0/28" }, []],
  [
    "services with too many addresses, and shares that kubeadm does not count",
    {},
    { serviceNetwork: "172.0.0.0/11", podNetwork: "11.0.0.0/8", nodeMaskSize: 25 },
    [
      "all: the pods' range 11.0.0.0/8 is too large for shares of /25: kubeadm takes a nodeMaskSize of 24 at most (check: network-size)",
      "all: the services' range 172.0.0.0/11 is too large for kube-apiserver; take a /12 at most (check: network-size)",
    ],
  ],
  [
    "IPv6 has shares of /64, and services of 20 bits",
    {},
    { podNetwork: "fd00:244::/56", serviceNetwork: "fd00:96::/107" },
    [
      "all: the services' range fd00:96::/107 is too large for kube-apiserver; take a /108 at most (check: network-size)",
    ],
  ],
];

const virtualAddress: readonly Row[] = [
  [
    "an address outside of the network, by the interface of the node's address",
    { "cp-2": { addresses: [eth0("10.0.0.12", 26), { interface: "eth1", address: "10.0.0.70", prefix: 24 }] } },
    {},
    [
      "cp-2: the virtual address 10.0.0.100 is outside of the network of eth0, 10.0.0.0/26; take one of it, or another interface (check: virtual-address)",
    ],
  ],
  [
    "an interface that a control plane does not have; workers need none",
    Object.fromEntries(
      ["cp-1", "cp-3"].map((name, index) => [
        name,
        own(index * 2, { interface: "eth1", address: "10.0.0.70", prefix: 24 }),
      ]),
    ),
    { interface: "eth1" },
    [
      "cp-2: has no interface eth1 with an address to carry 10.0.0.100 beside it (found: eth0) (check: virtual-address)",
    ],
  ],
  [
    "the address of a node",
    {},
    { virtualAddress: "10.0.0.14/24" },
    ["all: the virtual address 10.0.0.14 is the own address of w-1; take one that is free (check: virtual-address)"],
  ],
  [
    "an address that no host of the network can have",
    {},
    { virtualAddress: "10.0.0.255/24", allow: [] },
    ["cp-1", "cp-2", "cp-3"].map(
      (name) =>
        `${name}: the virtual address 10.0.0.255 is the first or last of 10.0.0.0/24, which no host can have; take another (check: virtual-address)`,
    ),
  ],
  [
    "somebody else answers",
    { "cp-1": { probe: { kind: "tried", answered: true, neighbour: "52:54:00:aa:00:01" } } },
    {},
    [
      "all: the machine with hardware address 52:54:00:aa:00:01 answers on the virtual address 10.0.0.100, asked by cp-1, and is none of these hosts; take one that is free (check: virtual-address)",
    ],
  ],
  [
    "somebody behind a router answers",
    { "cp-1": { probe: { kind: "tried", answered: true, neighbour: undefined } } },
    {},
    [
      "all: somebody answers on the virtual address 10.0.0.100, asked by cp-1, and is none of these hosts; take one that is free (check: virtual-address)",
    ],
  ],
  [
    "somebody who drops ping has it too",
    { "cp-1": { probe: { kind: "tried", answered: false, neighbour: "52:54:00:aa:00:01" } } },
    {},
    [
      "all: the machine with hardware address 52:54:00:aa:00:01 answers on the virtual address 10.0.0.100, asked by cp-1, and is none of these hosts; take one that is free (check: virtual-address)",
    ],
  ],
  ["nobody answers", { "cp-1": { probe: { kind: "tried", answered: false, neighbour: undefined } } }, {}, []],
  [
    "one of these hosts has just given it back: the kernel remembers its hardware address",
    { "cp-1": { probe: { kind: "tried", answered: false, neighbour: "52:54:00:00:00:02" } } },
    {},
    [],
  ],
  [
    "a control plane that cannot be asked may have it",
    { "cp-1": { probe: { kind: "tried", answered: true, neighbour: "52:54:00:aa:00:01" } }, "cp-3": "lost" },
    { allow: ["reachable"] },
    [],
  ],
  [
    "a worker has it",
    { "w-1": own(3, eth0("10.0.0.100")) },
    {},
    ["all: the virtual address 10.0.0.100 is on w-1, no control plane; take it off there (check: virtual-address)"],
  ],
  [
    "two have it",
    { "cp-1": own(0, eth0("10.0.0.100")), "cp-2": own(1, eth0("10.0.0.100", 32)) },
    {},
    [
      "all: the virtual address 10.0.0.100 is on cp-1 and cp-2 at once: they do not hear each other; let VRRP (protocol 112) pass (check: virtual-address)",
    ],
  ],
];

for (const [title, changes, settings, expected] of [
  ...hosts,
  ...versions,
  ...clocks,
  ...identities,
  ...networks,
  ...virtualAddress,
]) {
  test(title, (t) => t.deepEqual(linesOf(answers(changes), settings), [...expected]));
}

test("two hosts of the inventory with one address, in whatever spelling", (t) => {
  const told = answers({}, { "cp-1": "fd00::1", "w-1": "fd00:0:0::0:1" });
  t.deepEqual(linesOf(told, { virtualAddress: undefined, allow: ["node-address"] }), [
    "all: fd00::1 is the address of cp-1 and w-1: give each host of the inventory its own (check: addresses)",
  ]);
});

for (const [count, expected] of [
  [1, []],
  [
    2,
    [
      "all: 2 control planes: etcd needs a majority of 2, so they bear the loss of 0, as 1 would, with one more that can fail; take 1 or 3 (check: control-planes)",
    ],
  ],
  [3, []],
] as const) {
  test(`${count} control planes`, (t) => t.deepEqual(linesOf(answers({}).slice(0, count), {}), [...expected]));
}

test("every check can be left out, and the README tells of each", (t) => {
  const told = answers({ "cp-1": { cgroupVersion: 1, cpus: 1 } });
  t.is(linesOf(told, {}).length, 2);
  t.is(linesOf(told, { allow: ["cpus"] }).length, 1);
  t.deepEqual(linesOf(told, { allow: Object.keys(CHECKS) }), []);
  const readme = readFileSync(new URL("../../../roles/preflight/README.md", import.meta.url), "utf8");
  const rows = readme.split("| check |")[1] ?? "";
  t.deepEqual(
    [...rows.matchAll(/`([a-z-]+)`(?=.*\|.*\|$)/gm)]
      .map(([, name]) => name)
      .filter((name) => name && Object.hasOwn(CHECKS, name)),
    Object.keys(CHECKS),
  );
});

const refusals: readonly [string, object, RegExp][] = [
  [
    "a check that there is not, with the nearest",
    { allow: ["cgroup-versoin"] },
    /allow\.0: has no check of the name "cgroup-versoin"; did you mean cgroup-version\?/,
  ],
  [
    "a network that begins inside of itself",
    { podNetwork: "10.244.1.0/16" },
    /podNetwork: has to begin with the network's first address: 10\.244\.0\.0\/16/,
  ],
  ["an IPv6 network that does so", { podNetwork: "fd00:0:1::1/48" }, /first address: fd00:0:1::\/48/],
  [
    "a host that is listed twice",
    { workers: [{ name: "cp-2", address: "10.0.0.9" }] },
    /workers: cp-2 is listed twice/,
  ],
  ["no control plane", { controlPlanes: [] }, /controlPlanes: /],
  [
    "a virtual address without its network",
    { virtualAddress: "10.0.0.100" },
    /virtualAddress: has to be an address with the length/,
  ],
];

for (const [title, change, expected] of refusals) {
  test(`refused: ${title}`, (t) => {
    t.regex(t.throws(() => preflight({ ...base, ...change }), { instanceOf: UsageError })?.message ?? "", expected);
  });
}

test("a clock is only as uncertain as the line was slow", (t) => {
  const clock = { first: { fromMs: 5400, toMs: 5400 }, last: { fromMs: 7400, toMs: 7400 } };
  t.deepEqual(clockOffset(5000, 7600, clock), { fromMs: -200, toMs: 400 });
  const coarse = { first: { fromMs: 5000, toMs: 6000 }, last: { fromMs: 7000, toMs: 8000 } };
  t.deepEqual(clockOffset(5000, 7600, coarse), { fromMs: -600, toMs: 1000 });
});

/** A host that answers as told, and knows its peers. Its clock is the controller's. */
function fakeHosts(readiness: Record<string, Partial<HostReadiness> | Error>) {
  const reads: string[] = [];
  const told: string[] = [];
  const hostOf = (name: string): Host => ({
    name,
    check: false,
    facts: () => Promise.reject(new Error("not asked")),
    act: () => Promise.reject(new Error("nothing is done")),
    peer: hostOf,
    read: async <T>(read: Read<T>) => {
      reads.push(`${name} ${read.kind.name}${read.key.includes("probe") ? " with the virtual address" : ""}`);
      const given = readiness[name];
      if (given instanceof Error || given === undefined) throw given;
      const now = { fromMs: Date.now(), toMs: Date.now() };
      const address = base.controlPlanes.find((node) => node.name === name)?.address ?? "";
      const answer = { ...fit, hostname: name, addresses: [eth0(address)], clock: { first: now, last: now }, ...given };
      return { known: true, value: answer as T };
    },
    converge: async (tasks) => {
      for (const task of tasks) {
        const plan = task.plan(() => unasked());
        told.push(`${name}: ${task.subject}: ${plan.kind === "blocked" ? plan.missing : plan.kind}`);
        if (plan.kind === "blocked") throw new TaskError("blocked");
      }
      return { changed: false, results: [], readsAsked: 0 };
    },
  });
  return { reads, told, hostOf };
}

function unasked(): never {
  throw new Error("it reads nothing");
}

test("each host is asked once, and each has its line; the first one that of all together", async (t) => {
  const { reads, told, hostOf } = fakeHosts({ "cp-1": {}, "cp-2": {}, "cp-3": {} });
  await preflight({ ...base, workers: [] }).run(hostOf("cp-1"));
  t.deepEqual(reads, ["cp-1 host-readiness with the virtual address", "cp-2 host-readiness", "cp-3 host-readiness"]);
  t.deepEqual(told.sort(), [
    "cp-1: 3 control planes fit together: converged",
    "cp-1: cp-1 is fit to be a control plane: converged",
    "cp-2: cp-2 is fit to be a control plane: converged",
    "cp-3: cp-3 is fit to be a control plane: converged",
  ]);
});

test("all findings are told before the role ends with their number; a host that is lost is one of them", async (t) => {
  const { told, hostOf } = fakeHosts({
    "cp-1": { cpus: 1 },
    "cp-2": new ConnectionError("cp-2: 10.0.0.12:22 refuses connections"),
    "cp-3": new PrivilegeError("cp-3: sudo wants a password"),
  });
  const error = await t.throwsAsync(preflight({ ...base, workers: [] }).run(hostOf("cp-1")), { instanceOf: TaskError });
  t.is(
    error?.message,
    "cp-1: 3 findings have to be put right first; nothing was changed. A check is left out by its name in `allow`",
  );
  t.deepEqual(told, [
    "cp-1: cp-1 is fit to be a control plane: it has 1 CPU, a control plane needs 2; give it more (check: cpus)",
    "cp-1: 3 control planes fit together: 2 findings\n" +
      "- cp-2 cannot be reached: 10.0.0.12:22 refuses connections (check: reachable)\n" +
      "- cp-3 cannot be asked: sudo wants a password (check: reachable)",
  ]);
});

test("where no host can be reached, the error has the findings", async (t) => {
  const { told, hostOf } = fakeHosts({ "cp-1": new ConnectionError("cp-1: no route") });
  const role = preflight({ ...base, controlPlanes: base.controlPlanes.slice(0, 1), workers: [] });
  const error = await t.throwsAsync(role.run(hostOf("cp-1")), { instanceOf: TaskError });
  t.regex(error?.message ?? "", /^cp-1: 1 finding has .*\n- cp-1 cannot be reached: no route \(check: reachable\)$/);
  t.deepEqual(told, []);
});

test("in check mode an answer that hangs on a pending change is an error that says where preflight belongs", async (t) => {
  const { hostOf } = fakeHosts({});
  const host: Host = { ...hostOf("cp-1"), read: async () => ({ known: false, until: "swap off" }) };
  const role = preflight({ ...base, controlPlanes: base.controlPlanes.slice(0, 1), workers: [] });
  await t.throwsAsync(role.run(host), {
    instanceOf: TaskError,
    message: "cp-1: what it is like is unknown until swap off is applied; preflight has to be the first play",
  });
});
