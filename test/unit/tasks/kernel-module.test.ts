import test from "ava";
import { UsageError } from "../../../lib/errors.ts";
import { kernelModule as state } from "../../../lib/reads/kernel-module.ts";
import { path } from "../../../lib/reads/path.ts";
import { sysctlValue } from "../../../lib/reads/sysctl.ts";
import { kernelModule } from "../../../lib/tasks/kernel-module.ts";
import { commandsOf, given, planOf, printed, shown } from "./_plan.ts";

const FILE = "/etc/modules-load.d/hostwright.conf";
const directory = given(path("/etc/modules-load.d"), { type: "directory", mode: "0755", owner: "root", group: "root" });
const netfilter = { name: "br_netfilter" };
const gone = { name: "br_netfilter", absent: true } as const;
const is = (...lines: string[]) => printed(state("br_netfilter"), ["=", ...lines, ""].join("\n"));

const rows: readonly [string, Parameters<typeof kernelModule>[0], Parameters<typeof planOf>[1], string][] = [
  [
    "one that is loaded, now and at boot, is converged",
    netfilter,
    [is("loaded", "boot /etc/modules-load.d/k8s.conf"), directory],
    "converged: loaded, and loaded at boot by /etc/modules-load.d/k8s.conf",
  ],
  [
    "one that can be loaded is, now and at boot",
    netfilter,
    [is("available bridge stp llc"), directory],
    `module: not loaded -> loaded\nat boot: not loaded -> loaded by ${FILE}`,
  ],
  [
    "one that is built in gets its line",
    netfilter,
    [is("built in"), directory],
    `at boot: not loaded -> loaded by ${FILE}`,
  ],
  [
    "one that the kernel does not have blocks",
    netfilter,
    [is("missing 6.1.0-13-amd64", `boot ${FILE}`), directory],
    "blocked: the running kernel 6.1.0-13-amd64 has no module br_netfilter",
  ],
  [
    "without the directory of its file it is blocked",
    netfilter,
    [is("loaded"), given(path("/etc/modules-load.d"), { type: "absent" })],
    "blocked: directory /etc/modules-load.d does not exist",
  ],
  [
    "one that should not be loaded and is not is converged",
    gone,
    [is("available"), directory],
    "converged: not loaded, now and at boot",
  ],
  [
    "one that should not be loaded is unloaded and loses its line",
    gone,
    [is("loaded", `boot ${FILE}`), directory],
    `module: loaded -> not loaded\nat boot: loaded by ${FILE} -> not loaded`,
  ],
  [
    "a line for it in a file that is not ours blocks",
    gone,
    [is("available", "boot /usr/lib/modules-load.d/x.conf"), directory],
    "blocked: /usr/lib/modules-load.d/x.conf loads br_netfilter at boot; take it out there",
  ],
  [
    "one that is built in cannot be unloaded",
    gone,
    [is("built in"), directory],
    "blocked: br_netfilter is built into the kernel and cannot be unloaded",
  ],
];

for (const [title, params, answers, expected] of rows) {
  test(title, (t) => t.is(shown(planOf(kernelModule(params), answers)), expected));
}

test("- and _ are the same, and files that nobody reads at boot are refused", (t) => {
  const task = kernelModule({ name: "br-netfilter" });
  t.is(task.subject, "br_netfilter");
  t.is(commandsOf(planOf(task, [is("available"), directory]))[0], "modprobe br_netfilter");
  for (const file of ["/etc/modules-load.d/k8s", "/etc/modules-load.d/sub/k8s.conf", "/etc/modprobe.d/k8s.conf"]) {
    t.throws(() => kernelModule({ name: "x", file }), { instanceOf: UsageError });
  }
});

test("what it may bring is not known before it is loaded: parameters that are absent, modules that it needs", (t) => {
  const plan = planOf(kernelModule(netfilter), [is("available bridge"), directory]);
  const taints = (plan.kind === "pending" ? plan.changes : [])
    .flatMap(({ predicts }) => predicts)
    .flatMap((each) => (each.kind === "unknown-where" ? [each.matches] : []));
  const tainted = (read: Parameters<(typeof taints)[number]>[0], answer: unknown) =>
    taints.some((matches) => matches(read, answer, () => undefined));
  t.true(tainted(sysctlValue("net.bridge.bridge-nf-call-iptables"), undefined));
  t.false(tainted(sysctlValue("net.ipv4.ip_forward"), "1"));
  t.true(tainted(state("bridge"), undefined));
  t.false(tainted(state("overlay"), undefined));
});
