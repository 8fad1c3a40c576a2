import test from "ava";
import { UsageError } from "../../../lib/errors.ts";
import { path } from "../../../lib/reads/path.ts";
import { sysctlBoot, sysctlValue } from "../../../lib/reads/sysctl.ts";
import { sysctl } from "../../../lib/tasks/sysctl.ts";
import { commandsOf, given, planOf, printed, shown } from "./_plan.ts";

const FILE = "/etc/sysctl.d/90-hostwright.conf";
const forward = { key: "net.ipv4.ip_forward", value: 1 };
const directory = given(path("/etc/sysctl.d"), { type: "directory", mode: "0755", owner: "root", group: "root" });
const now = (key: string, value: string) =>
  printed(sysctlValue(key), `/proc/sys/${key.replaceAll(".", "/")}:${value}\n`);
const boot = (key: string, ...lines: string[]) => printed(sysctlBoot(key, FILE), ["=", ...lines, ""].join("\n"));

const rows: readonly [string, Parameters<typeof sysctl>[0], Parameters<typeof planOf>[1], string][] = [
  [
    "a value that is so now and at boot is converged",
    forward,
    [now("net.ipv4.ip_forward", "1"), boot("net.ipv4.ip_forward", "own 1", `boot ${FILE}\t1`), directory],
    "converged: already 1, now and after a reboot",
  ],
  [
    "a value that differs is set now and for the next boot",
    forward,
    [now("net.ipv4.ip_forward", "0"), boot("net.ipv4.ip_forward"), directory],
    `value now: 0 -> 1\nvalue in ${FILE}: absent -> 1`,
  ],
  [
    "a value that would be lost at the next boot is kept",
    forward,
    [now("net.ipv4.ip_forward", "1"), boot("net.ipv4.ip_forward", "own 0"), directory],
    `value in ${FILE}: 0 -> 1`,
  ],
  [
    "blanks between fields do not matter",
    { key: "net.ipv4.tcp_rmem", value: " 4096  131072 33554432" },
    [
      now("net.ipv4.tcp_rmem", "4096\t131072\t33554432"),
      boot("net.ipv4.tcp_rmem", "own 4096 131072 33554432"),
      directory,
    ],
    "converged: already 4096 131072 33554432, now and after a reboot",
  ],
  [
    "a parameter that the kernel does not have blocks",
    { key: "net.bridge.bridge-nf-call-iptables", value: 1 },
    [
      given(sysctlValue("net.bridge.bridge-nf-call-iptables"), undefined),
      boot("net.bridge.bridge-nf-call-iptables"),
      directory,
    ],
    "blocked: the kernel has no readable parameter net.bridge.bridge-nf-call-iptables; is its module loaded?",
  ],
  [
    "a later file that says otherwise blocks",
    forward,
    [
      now("net.ipv4.ip_forward", "1"),
      boot("net.ipv4.ip_forward", "own 1", `boot ${FILE}\t1`, "boot /etc/sysctl.d/99-sysctl.conf\t0"),
      directory,
    ],
    `blocked: /etc/sysctl.d/99-sysctl.conf sets net.ipv4.ip_forward to 0 at boot, after ${FILE}; change it there, or give a file that is read later`,
  ],
  [
    "a later file that says the same does not matter, nor one that is read before",
    forward,
    [
      now("net.ipv4.ip_forward", "1"),
      boot(
        "net.ipv4.ip_forward",
        "own 1",
        "boot /etc/sysctl.d/99-sysctl.conf\t1",
        "boot /usr/lib/sysctl.d/50-a.conf\t0",
      ),
      directory,
    ],
    "converged: already 1, now and after a reboot",
  ],
  [
    "without the directory of its file it is blocked",
    forward,
    [now("net.ipv4.ip_forward", "0"), boot("net.ipv4.ip_forward"), given(path("/etc/sysctl.d"), { type: "absent" })],
    "blocked: directory /etc/sysctl.d does not exist",
  ],
];

for (const [title, params, state, expected] of rows) {
  test(title, (t) => t.is(shown(planOf(sysctl(params), state)), expected));
}

test("a dot in an interface's name is a slash in the parameter's, and a dot in the kernel's path", (t) => {
  const task = sysctl({ key: "net/ipv4/conf/eth0.1/forwarding", value: 1 });
  const key = "net.ipv4.conf.eth0/1.forwarding";
  t.is(task.subject, `${key}=1`);
  const plan = planOf(task, [
    printed(sysctlValue(key), "/proc/sys/net/ipv4/conf/eth0.1/forwarding:0\n"),
    given(sysctlBoot(key, FILE), { saved: undefined }),
    directory,
  ]);
  const [live, saved] = commandsOf(plan);
  t.is(live, "printf '%s\n' 1 >/proc/sys/net/ipv4/conf/eth0.1/forwarding");
  t.true(saved?.includes(`hw_line='${key} = 1'`));
});

test("names with wildcards and values of several lines are refused", (t) => {
  for (const params of [
    { key: "net.ipv4.conf.*.rp_filter", value: 1 },
    { key: "net/../../etc/passwd", value: 1 },
    { key: "hostname", value: "x" },
    { key: "kernel.hostname", value: "x" },
    { key: "kernel.core_pattern", value: "core\nvm.swappiness = 1" },
    { key: "kernel.core_pattern", value: " " },
  ]) {
    t.throws(() => sysctl(params), { instanceOf: UsageError });
  }
});
