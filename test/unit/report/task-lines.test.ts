import test from "ava";
import { taskLines } from "../../../lib/report/task-lines.ts";
import { change, type Finished, finished, layout, textOf } from "./_report.ts";

const rows: readonly [title: string, event: Finished, ...expected: string[]][] = [
  [
    "a change stands beside its task",
    finished("node-1", "changed", "base: swap off", { changes: [change("swap", "on", "off")] }),
    "● node-1  base: swap off              swap: on → off",
  ],
  [
    "several changes stand under each other",
    finished("cp-1", "changed", "base: sysctl vm.swap=1", {
      changes: [change("live", "60", "1"), change("after a reboot", "unset", "1")],
    }),
    "● cp-1    base: sysctl vm.swap=1      live: 60 → 1",
    "                                      after a reboot: unset → 1",
  ],
  [
    "a single change of a longer task stands further to the right",
    finished("node-1", "changed", "base: sysctl net.ipv4.ip_forward=1", { changes: [change("live", "0", "1")] }),
    "● node-1  base: sysctl net.ipv4.ip_forward=1  live: 0 → 1",
  ],
  [
    "changes that do not fit beside their task stand beneath it",
    finished("node-1", "changed", "balance: file /etc/haproxy/haproxy.cfg", {
      changes: [change("content", "other content", "243 bytes, 0644 root:root")],
    }),
    "● node-1  balance: file /etc/haproxy/haproxy.cfg",
    "    content: other content → 243 bytes, 0644 root:root",
  ],
  [
    "what is longer than the terminal is broken between words",
    finished(
      "node-1",
      "changed",
      "containerd: systemdUnit /etc/systemd/system/containerd.service.d/10-hostwright.conf",
      {
        changes: [change("restart", "started before its files changed, 3 days and 4 hours ago", "restarted at once")],
      },
    ),
    "● node-1  containerd: systemdUnit",
    "    /etc/systemd/system/containerd.service.d/10-hostwright.conf",
    "    restart: started before its files changed, 3 days and 4 hours ago →",
    "      restarted at once",
  ],
  [
    "a change that took its time says so",
    finished("node-1", "changed", "base: apt socat", {
      changes: [change("package socat", "absent", "1.7.4.4-2")],
      durationMs: 4210,
    }),
    "● node-1  base: apt socat             package socat: absent → 1.7.4.4-2 (4.2 s)",
  ],
  [
    "an action says that it is done",
    finished("node-1", "changed", "base: reboot", { reason: "done", durationMs: 31_000 }),
    "● node-1  base: reboot                done (31.0 s)",
  ],
  [
    "in check mode it would change",
    finished("node-1", "would-change", "base: swap off", { changes: [change("swap", "on", "off")] }),
    "○ node-1  base: swap off              would change swap: on → off",
  ],
  [
    "in check mode several would change, under each other",
    finished("node-1", "would-change", "base: swap off", {
      changes: [change("swap", "on", "off"), change("fstab", "1 entry", "none")],
    }),
    "○ node-1  base: swap off              would change swap: on → off",
    "                                                   fstab: 1 entry → none",
  ],
  [
    "in check mode what stands beneath would change as well",
    finished("node-1", "would-change", "balance: file /etc/haproxy/haproxy.cfg", {
      changes: [change("content", "other content", "243 bytes, 0644 root:root")],
    }),
    "○ node-1  balance: file /etc/haproxy/haproxy.cfg  would change",
    "    content: other content → 243 bytes, 0644 root:root",
  ],
  [
    "what cannot be known says until when",
    finished("node-1", "unknown", "balance: systemd keepalived", { reason: "unknown until apt keepalived is applied" }),
    "? node-1  balance: systemd keepalived  unknown until apt keepalived is applied",
  ],
  [
    "what is blocked says what is missing",
    finished("node-1", "blocked", "balance: systemd x.service", { reason: "unit x.service does not exist" }),
    "! node-1  balance: systemd x.service  blocked: unit x.service does not exist",
  ],
  [
    "what is skipped says why",
    finished("node-1", "skipped", "base: reboot", { reason: "not done in check mode" }),
    "- node-1  base: reboot                skipped: not done in check mode",
  ],
  [
    "what is unchanged says why",
    finished("node-1", "ok", "base: sysctl a=1", { reason: "already 1, now and after a reboot" }),
    "· node-1  base: sysctl a=1            already 1, now and after a reboot",
  ],
  [
    "values from a host cannot write into the terminal",
    finished("node-1", "changed", "base: hostname a", {
      changes: [change("live", "\x1b[2J\x1b]0;x\x07\r\nroot", "a")],
    }),
    "● node-1  base: hostname a            live: ^[[2J^[]0;x^G^M^Jroot → a",
  ],
];

for (const [title, event, ...expected] of rows) {
  test(title, (t) => t.is(textOf(taskLines(event, layout)), expected.join("\n")));
}
