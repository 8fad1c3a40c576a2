import { posix } from "node:path";
import { z } from "zod";
import { blocked, type Change, type Prediction, pending, predict, unknowableWhere } from "../engine/plan.ts";
import { defineTask } from "../engine/task.ts";
import { AbsolutePath } from "../params/files.ts";
import { SysctlKey, SysctlValue, sysctlPath } from "../params/kernel.ts";
import { path as pathState } from "../reads/path.ts";
import { type SysctlBoot, sysctlBoot, sysctlValue } from "../reads/sysctl.ts";
import { sh } from "../shell/sh.ts";
import { keepLine, parentObstacle, textTouched } from "./kept-line.ts";

/**
 * A kernel parameter's value, now and after each boot.
 *
 * Many of these tasks share a file, each keeping its own line in it. A parameter that the running kernel does not have
 * blocks the task (its module is not loaded), and so does a file that is read after ours at boot and says otherwise:
 * the value would last until then. A value has to be given as the kernel shows it, and parameters that can only be
 * written, such as `net.ipv4.route.flush`, are no state to demand.
 *
 * @example
 * sysctl({ key: "net.ipv4.ip_forward", value: 1 });
 * sysctl({ key: "net.ipv4.conf.eth0/1.forwarding", value: 1 }); // the interface is eth0.1
 * @throws UsageError for parameters that are not valid
 * @see sysctl.d(5), proc_sys(5)
 */
export const sysctl = defineTask({
  name: "sysctl",
  params: z.strictObject({
    key: SysctlKey.refine((key) => key !== "kernel.hostname", "is what the task hostname is for"),
    value: SysctlValue,
    /** Where the value is kept for the next boot; its name says when it is read: the last one counts. */
    file: AbsolutePath.default("/etc/sysctl.d/90-hostwright.conf"),
  }),
  subject: ({ key, value }) => `${key}=${value}`,
  reads: ({ key, file }) => ({
    live: sysctlValue(key),
    boot: sysctlBoot(key, file),
    parent: pathState(posix.dirname(file)),
  }),
  plan({ key, value, file }, { live, boot, parent }) {
    if (live === undefined) return blocked(`the kernel has no readable parameter ${key}; is its module loaded?`);
    const obstacle = parentObstacle(file, parent.type) ?? overruled(key, value, file, boot);
    if (obstacle) return blocked(obstacle);
    const changes: Change[] = [];
    if (live !== value) {
      changes.push({
        what: "value now",
        from: live,
        to: value,
        commands: [sh`printf '%s\n' ${value} >${`/proc/sys/${sysctlPath(key)}`}`],
        predicts: [...ripples(key), predict(sysctlValue(key), value)],
      });
    }
    if (boot.saved !== value) {
      changes.push({
        what: `value in ${file}`,
        from: boot.saved ?? "absent",
        to: value,
        commands: [keepLine({ path: file, header }, mine, `${key} = ${value}`, { hw_key: key })],
        predicts: [predict(sysctlBoot(key, file), { ...boot, saved: value }), ...textTouched(file)],
      });
    }
    return pending(changes, `already ${value}, now and after a reboot`);
  },
});

const header = "# Kernel parameters kept by Hostwright, a line each; other lines are left alone.\n";

/** In awk: whether a line sets the parameter. Names are compared in the spelling with dots. */
const mine = `function hw_name(line) {
  if (line ~ /^[ \\t]*[#;]/ || line !~ /=/) return ""
  sub(/=.*/, "", line); gsub(/[ \\t]/, "", line); sub(/^-/, "", line)
  if (line !~ /^[^.\\/]*\\//) return line
  gsub(/\\./, "\\001", line); gsub(/\\//, ".", line); gsub(/\\001/, "/", line)
  return line
}
hw_name($0) == ENVIRON["hw_key"]`;

function overruled(key: string, value: string, file: string, { later }: SysctlBoot): string | undefined {
  if (!later || later.value === value) return undefined;
  return `${later.file} sets ${key} to ${later.value} at boot, after ${file}; change it there, or give a file that is read later`;
}

/**
 * Parameters that the kernel sets along with another one.
 *
 * @see Documentation/networking/ip-sysctl.rst, Documentation/admin-guide/sysctl/vm.rst of the kernel
 */
const ALONG: readonly (readonly [key: RegExp, others: RegExp])[] = [
  [
    /^net\.ipv4\.(ip_forward|conf\.all\.forwarding)$/,
    /^net\.ipv4\.(ip_forward|conf\..*\.(forwarding|accept_redirects))$/,
  ],
  [/^net\.ipv6\.conf\.all\.forwarding$/, /^net\.ipv6\.conf\..*\.forwarding$/],
  [/^net\.ipv6\.conf\.all\.disable_ipv6$/, /^net\.ipv6\.conf\..*\.disable_ipv6$/],
  [/^vm\.overcommit_(ratio|kbytes)$/, /^vm\.overcommit_(ratio|kbytes)$/],
  [/^vm\.dirty_(background_)?(ratio|bytes)$/, /^vm\.dirty_(background_)?(ratio|bytes)$/],
];

function ripples(key: string): readonly Prediction[] {
  return ALONG.filter(([from]) => from.test(key)).map(([, others]) =>
    unknowableWhere((read) => read.kind.name === "sysctl" && others.test(read.key)),
  );
}
