import { z } from "zod";

/**
 * A kernel parameter's name. What comes out is the spelling with dots, in which a dot of an interface's name is a
 * slash: `net/ipv4/conf/eth0.1/forwarding` becomes `net.ipv4.conf.eth0/1.forwarding`. No wildcards.
 *
 * @see sysctl.d(5)
 */
export const SysctlKey = z
  .string()
  .regex(/^[\w-]+([./][\w-]+)+$/, "has to be the name of one kernel parameter, such as net.ipv4.ip_forward")
  .transform(dotted);

/** A kernel parameter's value, as the kernel shows it. Blanks between several fields are one: `4096 87380 6291456`. */
export const SysctlValue = z
  .union([z.number().int(), z.string()])
  .transform((value) =>
    String(value)
      .trim()
      .replace(/[ \t]+/g, " "),
  )
  .refine((value) => /^[^\x00-\x1f\x7f]+$/.test(value), "has to be one line of text");

/** A kernel module's name. `-` and `_` are the same to the kernel, which itself says `_`. */
export const ModuleName = z
  .string()
  .regex(/^[\w-]+$/, "has to be the name of a kernel module, such as br_netfilter")
  .transform((name) => name.replaceAll("-", "_"));

/** The spelling with dots of a name in either spelling: the first separator tells which one it is. */
export function dotted(key: string): string {
  return /^[^./]*\//.test(key) ? swapped(key) : key;
}

/** Where the kernel shows the parameter of this dotted name, below /proc/sys. */
export function sysctlPath(key: string): string {
  return swapped(key);
}

function swapped(key: string): string {
  return key.replace(/[./]/g, (separator) => (separator === "." ? "/" : "."));
}
