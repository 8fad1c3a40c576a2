import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { hostReadiness } from "../../../lib/reads/host-readiness.ts";
import { parseHostReadiness } from "../../../lib/reads/host-readiness-record.ts";
import { render } from "../../../lib/shell/sh.ts";
import { answersIn } from "./_split.ts";

/** As a Debian 12 in a container printed it; its swap section was made longer. */
const debian = `@first
1795257503.513122963
@system
Linux node-1 x86_64
@machine-id
a5ff96e950a5e488e0fe6c73aa870d7d
@product-uuid
@container
systemd-nspawn
@memory
MemTotal:       24684084 kB
@cpus
2
@cgroup
1
@addresses
/usr/sbin/ip
1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever
1: lo    inet6 ::1/128 scope host noprefixroute \\       valid_lft forever preferred_lft forever
2: host0    inet 10.88.4.11/24 brd 10.88.4.255 scope global host0\\       valid_lft forever preferred_lft forever
@links
a6:1b:b2:25:e4:a1
00:00:00:00:00:00
@listeners
LISTEN 0      128    0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=69,fd=3))
LISTEN 0      128       [::]:22    [::]:* users:(("sshd",pid=69,fd=4))
@present
overlay
br_netfilter
nf_conntrack
@kubelet
@kubeadm
@swap
active /dev/sda2
fstab UUID=1
@modules
=
built in
=
missing 6.18.44
=
missing 6.18.44
@probe
answered
10.88.4.12 dev host0 lladdr 86:7f:de:88:1f:e7 DELAY 
@last
1795257503.564290185
`;

test("a host with all programs", (t) => {
  t.deepEqual(parseHostReadiness(debian, ["br_netfilter", "ip_vs", "overlay"]), {
    clock: {
      first: { fromMs: 1795257503513.123, toMs: 1795257503513.123 },
      last: { fromMs: 1795257503564.2903, toMs: 1795257503564.2903 },
    },
    system: "Linux",
    architecture: "x86_64",
    hostname: "node-1",
    machineId: "a5ff96e950a5e488e0fe6c73aa870d7d",
    productUuid: undefined,
    container: true,
    memoryMib: 24105,
    cpus: 2,
    cgroupVersion: 1,
    swap: { active: ["/dev/sda2"], fstab: ["UUID=1"], units: [] },
    addresses: [
      { interface: "lo", address: "127.0.0.1", prefix: 8 },
      { interface: "lo", address: "::1", prefix: 128 },
      { interface: "host0", address: "10.88.4.11", prefix: 24 },
    ],
    hardwareAddresses: ["a6:1b:b2:25:e4:a1"],
    listeners: [{ port: 22, processes: [{ name: "sshd", pid: 69 }] }],
    // overlay is there, although no list names it.
    missingModules: ["ip_vs"],
    kubelet: undefined,
    kubeadm: undefined,
    apiserver: undefined,
    files: [],
    authority: undefined,
    probe: { kind: "tried", answered: true, neighbour: "86:7f:de:88:1f:e7" },
  });
});

/** A record with these sections, and only a clock beside them. */
const having = (sections: Record<string, string>, modules: readonly string[] = []) => {
  const text = Object.entries({ first: "1.000000000", ...sections, last: "1.000000000" })
    .map(([name, lines]) => `@${name}\n${lines}${lines === "" ? "" : "\n"}`)
    .join("");
  return parseHostReadiness(text, modules);
};

test("a member of a cluster: versions as programs and manifest have them", (t) => {
  t.like(
    having({
      "product-uuid": "4C4C4544-0042-4810-8046-B7C04F4A3233",
      cgroup: "2",
      kubelet: "Kubernetes v1.36.4",
      kubeadm: "v1.37.0-rc.1",
      files: "admin.conf\nkubelet.conf\nmanifests/kube-apiserver.yaml",
      apiserver: "v1.36.4@sha256:00ff",
      ca: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08  -",
    }),
    {
      productUuid: "4c4c4544-0042-4810-8046-b7c04f4a3233",
      cgroupVersion: 2,
      container: false,
      kubelet: "1.36.4",
      kubeadm: "1.37.0-rc.1",
      apiserver: "1.36.4",
      files: ["admin.conf", "kubelet.conf", "manifests/kube-apiserver.yaml"],
      authority: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    },
  );
});

test("an image by its digest alone tells no version", (t) => {
  t.is(having({ apiserver: "sha256:00ff11" }).apiserver, undefined);
});

test("a port is one however many listen: on several addresses, in several processes", (t) => {
  const { listeners } = having({
    listeners: `LISTEN 0 4096 *:6443 *:* users:(("haproxy",pid=71,fd=7),("haproxy",pid=70,fd=7))
LISTEN 0 4096 127.0.0.1:10257 0.0.0.0:* users:(("kube-controller",pid=90,fd=3))
LISTEN 0 511 [::ffff:127.0.0.1]:6443 *:* users:(("ngi nx",pid=5,fd=3))
LISTEN 0 5 10.0.0.1%eth0:53 0.0.0.0:*`,
  });
  t.deepEqual(listeners, [
    {
      port: 6443,
      processes: [
        { name: "haproxy", pid: 71 },
        { name: "haproxy", pid: 70 },
        { name: "ngi nx", pid: 5 },
      ],
    },
    { port: 10257, processes: [{ name: "kube-controller", pid: 90 }] },
    { port: 53, processes: [] },
  ]);
});

test("without ss the kernel's own list tells ports, in hexadecimal, and no processes", (t) => {
  const { listeners } = having({ listeners: "hex 01FF580A:0C46\nhex 00000000000000000000000000000000:280A" });
  t.deepEqual(listeners, [
    { port: 3142, processes: [] },
    { port: 10250, processes: [] },
  ]);
});

test("addresses of tunnels, of busybox, and of no ip at all", (t) => {
  const { addresses } = having({
    addresses: `/sbin/ip
4: tun0    inet 10.8.0.6 peer 10.8.0.5/32 scope global tun0\\       valid_lft forever
5: eth0.12    inet6 fd00::2/64 scope global flags 02 \\       valid_lft forever`,
  });
  t.deepEqual(addresses, [
    { interface: "tun0", address: "10.8.0.6", prefix: 32 },
    { interface: "eth0.12", address: "fd00::2", prefix: 64 },
  ]);
  t.deepEqual(having({ addresses: "/sbin/ip" }).addresses, []);
  t.is(having({ addresses: "" }).addresses, undefined);
});

const probes: readonly [string, string | undefined, unknown][] = [
  ["nobody was asked about", undefined, undefined],
  ["on the host itself", "own", { kind: "own" }],
  ["where nothing can try", "untried", { kind: "untried" }],
  [
    "that nobody has",
    "silent\n10.0.0.100 dev eth0 INCOMPLETE ",
    { kind: "tried", answered: false, neighbour: undefined },
  ],
  [
    "that nobody has any more",
    "silent\n10.0.0.100 dev eth0 lladdr 52:54:00:00:00:09 STALE",
    { kind: "tried", answered: false, neighbour: undefined },
  ],
  [
    "of one who drops ping",
    "silent\n10.0.0.100 dev eth0 lladdr 52:54:00:00:00:09 REACHABLE",
    { kind: "tried", answered: false, neighbour: "52:54:00:00:00:09" },
  ],
  ["behind a router", "answered", { kind: "tried", answered: true, neighbour: undefined }],
];

for (const [title, lines, expected] of probes) {
  test(`an address ${title}`, (t) =>
    t.deepEqual(having(lines === undefined ? {} : { probe: lines }).probe, expected as never));
}

test("a clock of whole seconds may be anywhere in them", (t) => {
  for (const text of ["1795257340.%N", "1795257340."]) {
    t.deepEqual(having({ first: text }).clock.first, { fromMs: 1795257340000, toMs: 1795257341000 });
  }
  t.throws(() => having({ first: "" }), { message: "no time but undefined" });
});

test("two questions are the same when they ask the same", (t) => {
  t.is(hostReadiness({ modules: ["b", "a", "a"] }).key, hostReadiness({ modules: ["a", "b"], probe: undefined }).key);
  t.not(hostReadiness({ modules: [] }).key, hostReadiness({ modules: [], probe: "10.0.0.1" }).key);
});

const directory = mkdtempSync(join(tmpdir(), "hostwright-readiness-"));
test.after.always(() => rmSync(directory, { recursive: true, force: true }));
const busybox = ["/bin/busybox", "/usr/bin/busybox"].find((path) => existsSync(path));
const applets = join(directory, "applets");
mkdirSync(applets);
for (const applet of ["date", "uname", "cat", "grep", "nproc", "ip", "awk", "sed", "sha256sum", "ping", "sleep"]) {
  if (busybox) symlinkSync(busybox, join(applets, applet));
}
const shells: readonly (readonly [string, readonly string[], string])[] = [
  ["sh", ["/bin/sh"], "/usr/sbin:/usr/bin:/sbin:/bin"],
  ...(existsSync("/bin/bash")
    ? [["bash", ["/bin/bash", "--norc", "--posix"], "/usr/sbin:/usr/bin:/sbin:/bin"] as const]
    : []),
  ...(busybox ? [["busybox ash with its own tools", [busybox, "ash"], applets] as const] : []),
];

for (const [shell, [program = "", ...flags], PATH] of shells) {
  test(`${shell}: two questions, and each is answered whole`, (t) => {
    const reads = [{ modules: [] }, { modules: ["no_such", "overlay"], probe: "127.0.0.1" }].map(hostReadiness);
    const keys = reads.map(({ key }) => key);
    const { kind } = hostReadiness({ modules: [] });
    const printed = execFileSync(program, [...flags, "-c", `( ${render(kind.ask(keys))}\n)`], {
      env: { PATH, LC_ALL: "C" },
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const { answers, whole } = answersIn(kind, keys, printed);
    t.true(whole);
    const [plain, probed] = answers;
    t.is(plain?.hostname, hostname());
    t.is(plain?.probe, undefined);
    t.true((plain?.memoryMib ?? 0) > 0 && (plain?.cpus ?? 0) > 0);
    t.true(probed?.missingModules.includes("no_such"));
    t.true((probed?.clock.first.fromMs ?? 0) >= (plain?.clock.last.fromMs ?? Number.POSITIVE_INFINITY));
  });
}
