import test from "ava";
import { file } from "../../../lib/tasks/file.ts";
import { hostname } from "../../../lib/tasks/hostname.ts";
import { hostsEntry } from "../../../lib/tasks/hosts-entry.ts";
import { kernelModule } from "../../../lib/tasks/kernel-module.ts";
import { swap } from "../../../lib/tasks/swap.ts";
import { sysctl } from "../../../lib/tasks/sysctl.ts";
import { converge, freshHost, prove } from "../_host.ts";

const site = await freshHost(5);
const said = async (script: string) => (await site.host.exec(script)).stdout;

/** A name of the host's own: other parameters belong to the whole machine. */
const vlan = "net.ipv4.conf.veth0/7.rp_filter";

test.serial("kernel parameters of one file are set together in a few round trips", async (t) => {
  await site.host.exec("ip link add name veth0.7 type veth peer name veth1");
  const outcome = await prove(t, site, [
    sysctl({ key: "net.ipv4.ip_forward", value: 1 }),
    sysctl({ key: "net.ipv4.ip_local_port_range", value: "20000 61000" }),
    sysctl({ key: vlan, value: 2 }),
    sysctl({ key: "net/ipv4/tcp_keepalive_time", value: 600 }),
  ]);
  t.is(outcome.roundTrips, 2, "no change of one takes another by surprise");
  t.is(
    await said("cat /etc/sysctl.d/90-hostwright.conf; stat -c '%a %U' /etc/sysctl.d/90-hostwright.conf"),
    `# Kernel parameters kept by Hostwright, a line each; other lines are left alone.
net.ipv4.ip_forward = 1
net.ipv4.ip_local_port_range = 20000 61000
${vlan} = 2
net.ipv4.tcp_keepalive_time = 600
644 root
`,
  );
  t.is(
    await said("cat /proc/sys/net/ipv4/ip_local_port_range /proc/sys/net/ipv4/conf/veth0.7/rp_filter"),
    "20000\t61000\n2\n",
  );
});

test.serial("a value that differs is changed, other lines of the file stay as they are", async (t) => {
  await site.host.exec("printf '# mine\\nnet/ipv4/ip_forward=0\\n-vm.swappiness=1' >>/etc/sysctl.d/90-hostwright.conf");
  await prove(t, site, [
    sysctl({ key: "net.ipv4.ip_forward", value: 1 }),
    sysctl({ key: "net.ipv4.tcp_keepalive_time", value: 700 }),
  ]);
  t.is(
    await said("tail -n +2 /etc/sysctl.d/90-hostwright.conf"),
    `net.ipv4.ip_forward = 1
net.ipv4.ip_local_port_range = 20000 61000
${vlan} = 2
net.ipv4.tcp_keepalive_time = 700
# mine
-vm.swappiness=1
`,
  );
  await site.host.exec(
    "/lib/systemd/systemd-sysctl; sysctl -qw net.ipv4.tcp_keepalive_time=7200; /lib/systemd/systemd-sysctl",
  );
  t.is(await said("cat /proc/sys/net/ipv4/tcp_keepalive_time"), "700\n", "systemd reads what was written");
});

test.serial(
  "a file that is read later and says otherwise is named, and so is a parameter that is not there",
  async (t) => {
    await site.host.exec("echo net.ipv4.ip_forward=0 >/etc/sysctl.conf");
    const forward = await converge(site.lab, site.host, [sysctl({ key: "net.ipv4.ip_forward", value: 1 })]);
    t.regex(
      forward.error?.message ?? "",
      /blocked: \/etc\/sysctl.d\/99-sysctl.conf sets net.ipv4.ip_forward to 0 at boot/,
    );
    await site.host.exec(": >/etc/sysctl.conf");
    const missing = await converge(site.lab, site.host, [sysctl({ key: "net.nothing.here", value: 1 })]);
    t.regex(
      missing.error?.message ?? "",
      /blocked: the kernel has no readable parameter net.nothing.here; is its module/,
    );
  },
);

test.serial("a value that the kernel refuses fails, and the file stays as it was", async (t) => {
  const { error } = await converge(site.lab, site.host, [
    sysctl({ key: "net.ipv4.ip_local_port_range", value: "9 1" }),
  ]);
  t.regex(error?.message ?? "", /sysctl net.ipv4.ip_local_port_range=9 1 failed with status/);
  t.is(await said("grep -c 20000 /etc/sysctl.d/90-hostwright.conf"), "1\n");
});

test.serial("kernel modules get a line each for the next boot", async (t) => {
  await prove(t, site, [kernelModule({ name: "br-netfilter" }), kernelModule({ name: "overlay" })]);
  t.is(await said("tail -n +2 /etc/modules-load.d/hostwright.conf"), "br_netfilter\noverlay\n");
  await site.host.exec(
    "printf 'br-netfilter\\n' >/etc/modules-load.d/k8s.conf; rm /etc/modules-load.d/hostwright.conf",
  );
  await prove(
    t,
    site,
    [
      kernelModule({ name: "br_netfilter" }),
      kernelModule({ name: "overlay", file: "/etc/modules-load.d/other.conf" }),
      kernelModule({ name: "nothing", absent: true }),
    ],
    ["ok", "changed", "ok"],
  );
  const { error } = await converge(site.lab, site.host, [kernelModule({ name: "nothing" })]);
  t.regex(error?.message ?? "", /kernelModule nothing is blocked: the running kernel [0-9].* has no module nothing/);
  await site.host.exec("echo nothing >/etc/modules-load.d/other.conf");
  await prove(t, site, [kernelModule({ name: "nothing", file: "/etc/modules-load.d/other.conf", absent: true })]);
  t.is(await said("cat /etc/modules-load.d/other.conf"), "");
});

test.serial("swap is kept off at boot", async (t) => {
  const keep = "UUID=1 / ext4 defaults 0 1\n";
  const extra = "/spare none swap sw,noauto 0 0\n";
  await site.host.exec(`cat >/etc/fstab <<'END'\n${keep}/swap\\040file none swap sw 0 0\n${extra}END`);
  await site.host.exec(`printf '[Swap]\\nWhat=/other\\n[Install]\\nWantedBy=swap.target\\n' >/etc/systemd/system/other.swap
    systemctl enable other.swap; mkdir -p /run/systemd/generator.late/swap.target.wants
    ln -s ../dev-zram0.swap /run/systemd/generator.late/swap.target.wants/dev-zram0.swap`);
  const outcome = await prove(t, site, [swap({ off: true })]);
  t.deepEqual(
    outcome.results.flatMap(({ changes }) => changes.map(({ what, from, to }) => `${what}: ${from} -> ${to}`)),
    [
      "/etc/fstab: /swap\\040file -> commented out",
      "unit other.swap: switched on at boot -> disabled",
      "unit dev-zram0.swap: switched on at boot -> masked",
    ],
  );
  t.is(await said("cat /etc/fstab"), `${keep}# off by hostwright: /swap\\040file none swap sw 0 0\n${extra}`);
  t.is(await said("readlink /etc/systemd/system/dev-zram0.swap"), "/dev/null\n");
  await site.host.exec("sed -i 's/^# off by hostwright: //' /etc/fstab");
  await prove(t, site, [swap({ off: true })]);
});

test.serial("the host gets its name", async (t) => {
  // sudo looks up the host's own name at each login, and nobody but /etc/hosts knows it.
  await site.host.exec("echo 127.0.1.1 cp-1.example.com cp-2 >>/etc/hosts");
  await prove(t, site, [hostname({ name: "cp-1.example.com" })]);
  t.is(
    await said("uname -n; cat /etc/hostname; stat -c '%a %U' /etc/hostname"),
    "cp-1.example.com\ncp-1.example.com\n644 root\n",
  );
  await site.host.exec("printf '# ours\\ncp-1.example.com\\n' >/etc/hostname");
  await prove(t, site, [hostname({ name: "cp-1.example.com" })], ["ok"]);
  await prove(
    t,
    site,
    [hostname({ name: "CP-2" }), file({ path: "/etc/hostname", content: "cp-2\n" })],
    ["changed", "ok"],
  );
  t.is(await said("hostname"), "cp-2\n");
});

test.serial("names of nodes stand for one address each", async (t) => {
  await site.host.exec(`cat >/etc/hosts <<'END'
127.0.0.1	localhost   # the machine
127.0.1.1	CP-1.example.com cp-1
::1 localhost ip6-localhost
10.0.0.9  old cp-2	spare # a comment
10.0.0.8 # nothing
# 10.0.0.7 cp-3
END`);
  const nodes = [1, 2, 3].map((n) =>
    hostsEntry({ address: `10.0.0.1${n}`, names: [`cp-${n}.example.com`, `cp-${n}`] }),
  );
  const outcome = await prove(t, site, nodes);
  t.is(outcome.roundTrips, 2, "no change of one takes another by surprise");
  t.is(
    await said("cat /etc/hosts; getent ahostsv4 cp-1 | head -n 1; getent hosts 10.0.0.12"),
    `127.0.0.1	localhost   # the machine
::1 localhost ip6-localhost
10.0.0.9  old	spare # a comment
10.0.0.8 # nothing
# 10.0.0.7 cp-3
10.0.0.11	cp-1.example.com cp-1
10.0.0.12	cp-2.example.com cp-2
10.0.0.13	cp-3.example.com cp-3
10.0.0.11       STREAM cp-1.example.com
10.0.0.12       cp-2.example.com cp-2
`,
  );
  await prove(t, site, [hostsEntry({ address: "fd00::11", names: ["cp-1"] })]);
  await prove(t, site, [
    hostsEntry({ address: "10.0.0.21", names: ["cp-1.example.com", "cp-1"] }),
    hostsEntry({ address: "10.0.0.9", names: ["spare", "cp-2"], absent: true }),
    hostsEntry({ address: "10.0.0.13", names: ["cp-3.example.com", "cp-3"], absent: true }),
  ]);
  t.is(
    await said("tail -n +3 /etc/hosts"),
    `10.0.0.9  old # a comment
10.0.0.8 # nothing
# 10.0.0.7 cp-3
10.0.0.12	cp-2.example.com cp-2
fd00::11	cp-1
10.0.0.21	cp-1.example.com cp-1
`,
  );
});

test.serial("a file that is mounted by itself, as in a container, is written in place", async (t) => {
  await site.host.exec("for f in hosts hostname; do cp /etc/$f /run/$f; mount --bind /run/$f /etc/$f; done");
  await prove(t, site, [hostname({ name: "cp-3" }), hostsEntry({ address: "10.0.0.13", names: ["cp-3"] })]);
  t.is(
    await said(
      "cat /run/hostname; tail -n 1 /run/hosts; umount /etc/hosts /etc/hostname; ls -A /etc | grep -c hostwright",
    ),
    "cp-3\n10.0.0.13\tcp-3\n0\n",
  );
});
