import { defineRead } from "../engine/read.ts";
import { sh } from "../shell/sh.ts";
import { confAwk, confFiles, isConfFile } from "./conf-files.ts";
import { linesOf, splitRecords } from "./records.ts";

/** How a module stands to the running kernel. */
export type ModuleNow =
  | { readonly kind: "loaded" }
  | { readonly kind: "built in" }
  /** It can be loaded, and brings these others along. */
  | { readonly kind: "available"; readonly needs: readonly string[] }
  /** The running kernel has none of this name; `kernel` is its release. */
  | { readonly kind: "missing"; readonly kernel: string };

export interface KernelModuleState {
  readonly now: ModuleNow;
  /** The files that have it loaded at boot. */
  readonly boot: readonly string[];
}

/**
 * The directory of the kernel's modules lists what is built in and, each with what it needs, what can be loaded. That
 * second list is long and only read when there is a module that is neither loaded nor built in.
 */
const program = `${confAwk}
function name(path) { sub(/.*\\//, "", path); sub(/\\.ko.*$/, "", path); gsub(/-/, "_", path); return path }
BEGIN {
  for (n = 1; ARGV[n] != "//"; n++) { now[ARGV[n]] = ""; keys = n }
  for (n++; ARGV[n] != "//"; n++) now[ARGV[n]] = "loaded"
  getline kernel < "/proc/sys/kernel/osrelease"
  dir = "/lib/modules/" kernel "/"
  while ((getline line < (dir "modules.builtin")) > 0) if (name(line) in now) now[name(line)] = "built in"
  for (key in now) if (now[key] == "") left++
  if (left) while ((getline line < (dir "modules.dep")) > 0) {
    count = split(line, part, /:? +|:$/); key = name(part[1])
    if (!(key in now) || now[key] != "") continue
    now[key] = "available"
    for (i = 2; i <= count; i++) if (part[i] != "") now[key] = now[key] " " name(part[i])
  }
  for (f = n + 1; f < ARGC; f++) {
    if (masked(ARGV[f])) continue
    while ((getline line < ARGV[f]) > 0) {
      key = words(line); gsub(/-/, "_", key)
      if (key in now && !((key, ARGV[f]) in seen)) boot[key] = boot[key] "boot " ARGV[f] "\\n"
      seen[key, ARGV[f]] = 1
    }
    close(ARGV[f])
  }
  for (i = 1; i <= keys; i++) {
    key = ARGV[i]
    printf "=\\n%s\\n%s", now[key] == "" ? "missing " kernel : now[key], boot[key]
  }
}`;

/**
 * Whether kernel modules, by their names with `_`, are loaded, could be, and are at boot.
 *
 * @see modules-load.d(5), modprobe(8), sysfs(5)
 */
export const kernelModule = defineRead<KernelModuleState>({
  name: "kernel-module",
  outlastsPackages: true,
  tidy: true,
  hangsOn: (_key, path) => path === "/etc/modules" || isConfFile(path, "modules-load.d"),
  ask: (keys) => sh`hw_l=; for hw_m in ${keys}; do [ ! -d "/sys/module/$hw_m" ] || hw_l="$hw_l $hw_m"; done
awk ${program} ${keys} // $hw_l // ${confFiles("modules-load.d")} 2>/dev/null`,
  split: splitRecords,
  parse: (record) => parseKernelModule(record.toString()),
});

/** A line `loaded`, `built in`, `available OTHERS` or `missing KERNEL`, then lines `boot FILE`. */
export function parseKernelModule(record: string): KernelModuleState {
  const [now = "", ...boot] = linesOf(record);
  return { now: parseNow(now), boot: boot.map((line) => line.slice("boot ".length)) };
}

function parseNow(line: string): ModuleNow {
  const [word, ...rest] = line.split(" ");
  if (word === "loaded") return { kind: "loaded" };
  if (word === "built") return { kind: "built in" };
  if (word === "available") return { kind: "available", needs: rest };
  return { kind: "missing", kernel: rest.join(" ") };
}
