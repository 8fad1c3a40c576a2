import test from "ava";
import type { RunEvent } from "../../lib/engine/events.ts";
import { hostReadiness } from "../../lib/reads/host-readiness.ts";
import { freshHost, openHost } from "./_host.ts";
import { errorOf, inventoryOf, runPlaybook } from "./_playbook.ts";

const sites = await Promise.all([22, 23].map((number) => freshHost(number)));
const [{ lab, host: one }, { host: two }] = sites as [(typeof sites)[0], (typeof sites)[0]];
const hosts = [one, two];

/** Free in the lab's network. */
const virtual = one.address.replace(/\.\d+$/, ".223");

const nodeOf = ({ name, address }: typeof one) => ({ name, address });
const settings = {
  controlPlanes: [nodeOf(one)],
  workers: [nodeOf(two)],
  virtualAddress: `${virtual}/24`,
  podNetwork: "10.244.0.0/16",
  kubernetesVersion: "1.36.4",
  // The machine below decides about these.
  allow: ["cgroup-version", "cpus", "memory"],
};

const look = (changes: object = {}, ...args: readonly string[]) =>
  runPlaybook("preflight.mts", ["-i", inventoryOf(lab, hosts, { settings: { ...settings, ...changes } }), ...args]);

/** What each host, and all together, were found to be. */
const found = (events: readonly RunEvent[]) =>
  events
    .flatMap((event) =>
      event.event === "task-finished" && event.task === "assert"
        ? [`${event.host}: ${event.subject}: ${event.reason.replace(/^.* is blocked: /, "")}`]
        : [],
    )
    .sort();

const passed = async () =>
  (await Promise.all(hosts.map((host) => host.exec("ls /run/preflight-passed; rm -f /run/preflight-passed")))).map(
    ({ stdout }) => stdout !== "",
  );

const fine = "examined, and nothing stands against it";

test.serial("hosts that nothing is wrong with: a line each, and the run goes on", async (t) => {
  const { code, events } = await look();
  t.is(code, 0, errorOf(events));
  t.deepEqual(found(events), [
    `${one.name}: 1 control plane and 1 worker fit together: ${fine}`,
    `${one.name}: ${one.name} is fit to be a control plane: ${fine}`,
    `${two.name}: ${two.name} is fit to be a worker: ${fine}`,
  ]);
  const ended = events.find((event) => event.event === "host-finished" && event.play === "Look");
  // One to ask, and one for each of its two lines.
  t.true(ended?.event === "host-finished" && ended.roundTrips <= 3);
  t.deepEqual(await passed(), [true, true]);
});

test.serial("all that is wrong is told at once, by check as well, and nothing is changed", async (t) => {
  await two.exec(`cp /etc/machine-id /run/own-id; echo '/swap none swap sw 0 0' >>/etc/fstab
    printf '#!/bin/sh\\necho Kubernetes v1.37.1\\n' >/usr/local/bin/kubelet; chmod +x /usr/local/bin/kubelet
    systemd-run --unit squatter python3 -m http.server 10250
    until python3 -c 'import socket; socket.create_connection(("127.0.0.1", 10250))' 2>/dev/null; do sleep 0.1; done`);
  const id = (await one.exec("cat /etc/machine-id")).stdout.trim();
  await two.exec(`echo ${id} >/etc/machine-id`);
  const pid = (await two.exec("systemctl show --value -p MainPID squatter")).stdout.trim();
  const wrong = {
    controlPlanes: [{ ...nodeOf(one), address: "10.9.9.9" }],
    podNetwork: "10.244.0.0/24",
    kernelModules: ["overlay", "no_such_module"],
    virtualAddress: undefined,
  };
  const expected = [
    `${one.name}: 1 control plane and 1 worker fit together: 2 findings
- the pods' range 10.244.0.0/24 has room for 1 node with a /24 each, and there are 2; take a larger range, or smaller shares (check: network-size)
- ${one.name} and ${two.name} have the machine id ${id}: pod networks and DHCP take it for the machine; on all but one: rm /etc/machine-id && systemd-machine-id-setup, and reboot (check: machine-id)`,
    `${one.name}: ${one.name} is fit to be a control plane: 2 findings
- the running kernel has no no_such_module; reboot into the installed one, or install its modules (check: kernel-modules)
- no interface has its address 10.9.9.9, on which etcd and kubelet are to listen (found: ${one.address} on host0); name one of its own (check: node-address)`,
    `${two.name}: ${two.name} is fit to be a worker: 4 findings
- it will swap after a boot, by /swap of /etc/fstab, and kubelet does not start with swap; the task swap or the role base takes it away (check: swap)
- the running kernel has no no_such_module; reboot into the installed one, or install its modules (check: kernel-modules)
- port 10250 is for kubelet, and python3 (pid ${pid}) listens there; stop it, or give one of them another port (check: ports)
- kubelet is 1.37.1, newer than the wanted 1.36.4, which it must not be; install an older one (check: version-skew)`,
  ];
  for (const mode of [["--check"], []]) {
    const { code, events } = await look(wrong, ...mode);
    t.is(code, 1);
    t.deepEqual(found(events), expected);
    t.regex(errorOf(events, one.name), /: 8 findings have to be put right first; nothing was changed/);
    t.deepEqual(await passed(), [false, false], "the run ended before the next play");
  }
  const allowed = await look({
    ...wrong,
    allow: [
      ...settings.allow,
      "network-size",
      "machine-id",
      "kernel-modules",
      "node-address",
      "swap",
      "ports",
      "version-skew",
    ],
  });
  t.is(allowed.code, 0, errorOf(allowed.events));
  t.deepEqual(await passed(), [true, true]);
  await two.exec(
    `cp /run/own-id /etc/machine-id; systemctl stop squatter; rm /usr/local/bin/kubelet; sed -i '/swap/d' /etc/fstab`,
  );
});

test.serial(
  "somebody else has the virtual address: by ping, by ARP alone, and not when it is a control plane",
  async (t) => {
    const alone = { workers: [] };
    await two.exec(`ip address add ${virtual}/32 dev host0`);
    const [mac] = (await two.exec("cat /sys/class/net/host0/address")).stdout.trim().split("\n");
    const expected = [
      `${one.name}: 1 control plane fit together: the machine with hardware address ${mac} answers on the virtual address ${virtual}, asked by ${one.name}, and is none of these hosts; take one that is free (check: virtual-address)`,
      `${one.name}: ${one.name} is fit to be a control plane: ${fine}`,
    ];
    const pinged = await look(alone);
    t.deepEqual(found(pinged.events), expected);
    await two.exec("sysctl -qw net.ipv4.icmp_echo_ignore_all=1");
    const silent = await look(alone);
    t.deepEqual(found(silent.events), expected);
    await two.exec("sysctl -qw net.ipv4.icmp_echo_ignore_all=0");

    const worker = await look();
    t.regex(
      found(worker.events).join("\n"),
      new RegExp(`the virtual address ${virtual} is on ${two.name}, no control plane`),
    );
    const held = await look({
      controlPlanes: hosts.map(nodeOf),
      workers: [],
      allow: [...settings.allow, "control-planes"],
    });
    t.is(held.code, 0, errorOf(held.events));
    await two.exec(`ip address del ${virtual}/32 dev host0`);
    const gone = await look(alone);
    t.is(gone.code, 0, "what the kernel remembers of it counts for nothing");
  },
);

test.serial("a host that takes the virtual address while it asks for it has answered itself", async (t) => {
  const ping = "/usr/local/sbin/ping";
  await one.exec(`printf '%s\\n' '#!/bin/sh' 'ip address add ${virtual}/32 dev host0' 'exec /usr/bin/ping "$@"' >${ping}
    chmod +x ${ping}`);
  const { code, events } = await look();
  t.is(code, 0, found(events).join("\n"));
  const { stdout } = await one.exec(`rm ${ping}; ip address del ${virtual}/32 dev host0 && echo taken`);
  t.is(stdout.trim(), "taken");
});

test.serial("a host whose programs are those of Kubernetes has no findings", async (t) => {
  // Python under other names: the kernel calls a process as its file is called.
  const programs = {
    haproxy: 6443,
    "kube-apiserver": 6444,
    etcd: 2379,
    "kube-controller-manager": 10_257,
    kubelet: 10_250,
  };
  for (const [name, port] of Object.entries(programs)) {
    await one.exec(`ln -sf /usr/bin/python3 /run/${name}; systemd-run --unit fake-${name} /run/${name} -m http.server ${port}
      until python3 -c 'import socket; socket.create_connection(("127.0.0.1", ${port}))' 2>/dev/null; do sleep 0.1; done`);
  }
  await one.exec(`ip address add ${virtual}/32 dev host0; ip link add cni0 type bridge; ip address add 10.244.0.1/24 dev cni0
    mkdir -p /etc/kubernetes/manifests /etc/kubernetes/pki; cd /etc/kubernetes; touch admin.conf kubelet.conf; echo ca >pki/ca.crt
    printf 'spec:\\n  containers:\\n  - command:\\n    image: registry.k8s.io/kube-apiserver:v1.36.4\\n' >manifests/kube-apiserver.yaml`);
  const { code, events } = await look();
  t.is(code, 0, found(events).join("\n"));
  const { run } = openHost(lab, one);
  const answer = await run.asRole("test").read(hostReadiness({ modules: [] }));
  await run.close();
  t.like(answer.known && answer.value, {
    apiserver: "1.36.4",
    files: ["admin.conf", "kubelet.conf", "manifests/kube-apiserver.yaml"],
  });
  t.is(run.roundTrips, 1);
});

test.serial("a host that cannot be reached is one finding among the others", async (t) => {
  await two.kill();
  const { code, events } = await look({ kernelModules: ["no_such_module"] });
  t.is(code, 1);
  const lines = found(events);
  t.is(lines.length, 2);
  t.regex(lines[0] ?? "", new RegExp(`${two.name} cannot be reached: .* \\(check: reachable\\)$`));
  t.regex(lines[1] ?? "", /no_such_module/);
  t.regex(errorOf(events, one.name), /2 findings have to be put right first/);
  await two.boot();
});
