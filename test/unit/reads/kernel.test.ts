import test from "ava";
import { parseHostname } from "../../../lib/reads/hostname.ts";
import { parseHostsLines } from "../../../lib/reads/hosts-entry.ts";
import { kernelModule, parseKernelModule } from "../../../lib/reads/kernel-module.ts";
import { parseSwap } from "../../../lib/reads/swap.ts";
import { parseSysctlBoot, sysctlBoot, sysctlValue } from "../../../lib/reads/sysctl.ts";

test("sysctl: one grep tells all values; a missing one has no line, an empty one a line", (t) => {
  const keys = [
    "kernel.core_pattern",
    "net.ipv4.conf.veth0/7.rp_filter",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_rmem",
    "no.such",
  ];
  const output =
    "/proc/sys/kernel/core_pattern:|/usr/bin/dump %p:%u\n/proc/sys/net/ipv4/conf/veth0.7/rp_filter:2\n" +
    "/proc/sys/net/ipv4/ip_local_reserved_ports:\n/proc/sys/net/ipv4/tcp_rmem:4096\t131072\t33554432\n";
  const { kind } = sysctlValue("any.key");
  const records = kind.split(Buffer.from(output), keys);
  t.deepEqual(
    records.map((record, index) => kind.parse(record, keys[index] ?? "")),
    ["|/usr/bin/dump %p:%u", "2", "", "4096 131072 33554432", undefined],
  );
  t.is(Buffer.concat([...records]).toString(), output);
});

test("sysctl at boot: the last line of the file, and what is read after it wherever it is", (t) => {
  const file = "/etc/sysctl.d/50-a.conf";
  const later = (...lines: string[]) => parseSysctlBoot(["=", ...lines, ""].join("\n"), file);
  t.deepEqual(later(), { saved: undefined });
  t.deepEqual(later("own 1"), { saved: "1" });
  t.deepEqual(later("own 1", `boot ${file}\t1`, "boot /run/sysctl.d/10-b.conf\t0"), { saved: "1" });
  t.deepEqual(later("boot /etc/sysctl.d/99-z.conf\t0", "boot /usr/lib/sysctl.d/60-b.conf\t2"), {
    saved: undefined,
    later: { file: "/etc/sysctl.d/99-z.conf", value: "0" },
  });
  t.deepEqual(later("boot /etc/sysctl.d/99-z.conf\t0", "boot /etc/sysctl.conf\t2"), {
    saved: undefined,
    later: { file: "/etc/sysctl.conf", value: "2" },
  });
  t.deepEqual(parseSysctlBoot("=\nown 1\nboot /etc/sysctl.d/99-z.conf\t0\n", "/srv/own.conf"), { saved: "1" });
});

test("records that begin with a mark are told apart, empty ones too", (t) => {
  const { kind } = sysctlBoot("a.b", "/etc/x");
  const output = Buffer.from("=\n=\nboot /usr/lib/sysctl.d/50-pid-max.conf\t4194304\n=\n");
  const records = kind.split(output, ["a.b /etc/x", "kernel.pid_max /etc/x", "z.z /etc/x"]);
  t.deepEqual(records.map(String), ["=\n", "=\nboot /usr/lib/sysctl.d/50-pid-max.conf\t4194304\n", "=\n"]);
  t.throws(() => kind.split(output, ["a.b /etc/x"]), { message: "3 records for 1 keys" });
});

test("kernel modules: loaded, built in, to be had with what they need, or missing", (t) => {
  t.deepEqual(parseKernelModule("=\nloaded\nboot /etc/modules-load.d/a.conf\nboot /run/modules-load.d/b.conf\n"), {
    now: { kind: "loaded" },
    boot: ["/etc/modules-load.d/a.conf", "/run/modules-load.d/b.conf"],
  });
  t.deepEqual(parseKernelModule("=\nbuilt in\n"), { now: { kind: "built in" }, boot: [] });
  t.deepEqual(parseKernelModule("=\navailable bridge stp llc\n"), {
    now: { kind: "available", needs: ["bridge", "stp", "llc"] },
    boot: [],
  });
  t.deepEqual(parseKernelModule("=\nmissing 6.18.44\n").now, { kind: "missing", kernel: "6.18.44" });
  t.is(kernelModule("x").kind.split(Buffer.from("=\nbuilt in\n=\nloaded\n"), ["a", "b"]).length, 2);
});

test("hostname: the kernel's, then a file in which there may be comments, or none", (t) => {
  t.deepEqual(parseHostname("node-6\nnode-6\n"), { live: "node-6", saved: "node-6" });
  t.deepEqual(parseHostname("node-6\n# ours\n\n  cp-1"), { live: "node-6", saved: "cp-1" });
  t.deepEqual(parseHostname("node-6\n"), { live: "node-6", saved: undefined });
});

test("swap: the kernel writes blanks as octal numbers, a unit may be wanted twice", (t) => {
  t.deepEqual(
    parseSwap(
      "active /dev/zram0\nactive /swap\\040file\nfstab LABEL=swap\nunit mask dev-zram0.swap\nunit mask dev-zram0.swap\n",
    ),
    {
      active: ["/dev/zram0", "/swap file"],
      fstab: ["LABEL=swap"],
      units: [{ name: "dev-zram0.swap", remedy: "mask" }],
    },
  );
});

test("hosts: a line an address, with the names that were asked about", (t) => {
  t.deepEqual(parseHostsLines("=\n127.0.0.1 localhost\n::1 localhost\n"), [
    { address: "127.0.0.1", names: ["localhost"] },
    { address: "::1", names: ["localhost"] },
  ]);
});
