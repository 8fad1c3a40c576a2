import { posix } from "node:path";
import { defineRead, type Read, splitLines } from "../engine/read.ts";
import { sysctlPath } from "../params/kernel.ts";
import { sh } from "../shell/sh.ts";
import { confAwk, confFiles, isConfFile } from "./conf-files.ts";
import { linesOf, splitRecords } from "./records.ts";

/**
 * The value of a kernel parameter by its dotted name, blanks between fields being one; `undefined` where the kernel
 * has no such parameter, or one that can only be written. One `grep` for all: a shell's `read` may get the first byte
 * only.
 *
 * @see proc_sys(5)
 */
export const sysctlValue = defineRead<string | undefined>({
  name: "sysctl",
  outlastsPackages: true,
  tidy: true,
  ask: (keys) => sh`grep -H '' -- ${keys.map((key) => `/proc/sys/${sysctlPath(key)}`)} 2>/dev/null; :`,
  split: (output, keys) => {
    const keyOf = new Map(keys.map((key) => [`/proc/sys/${sysctlPath(key)}`, key]));
    return splitLines(output, keys, (line) => keyOf.get(line.slice(0, line.indexOf(":"))));
  },
  parse(record) {
    if (record.length === 0) return undefined;
    const lines = record.toString().trimEnd().split("\n");
    return lines.map((line) => oneBlank(line.slice(line.indexOf(":") + 1))).join("\n");
  },
});

/** What a kernel parameter is set to at boot. */
export interface SysctlBoot {
  /** In the file that was asked about; the last line counts. */
  readonly saved: string | undefined;
  /** What comes after that file and counts in the end. */
  readonly later?: { readonly file: string; readonly value: string };
}

/** Canonical names are compared in the spelling with dots. Each record begins with a line `=`. */
const program = `${confAwk}
function dotted(key) {
  if (key !~ /^[^.\\/]*\\//) return key
  gsub(/\\./, "\\001", key); gsub(/\\//, ".", key); gsub(/\\001/, "/", key)
  return key
}
function scan(file, tag,   line, at, key, value) {
  while ((getline line < file) > 0) {
    line = words(line); at = index(line, "=")
    if (line == "" || at < 2) continue
    key = substr(line, 1, at - 1); sub(/^-/, "", key); key = dotted(trim(key))
    if (!(key in wanted)) continue
    value = trim(substr(line, at + 1)); gsub(/[ \\t]+/, " ", value)
    if (tag == "own") own[key, file] = "own " value "\\n"
    else boot[key] = boot[key] "boot " file "\\t" value "\\n"
  }
  close(file)
}
BEGIN {
  for (n = 1; ARGV[n] != "//"; n += 2) { wanted[ARGV[n]] = 1; files[ARGV[n + 1]] = 1 }
  for (file in files) scan(file, "own")
  for (f = n + 1; f < ARGC; f++) if (!masked(ARGV[f])) scan(ARGV[f], "boot")
  for (i = 1; i < n; i += 2) printf "=\\n%s%s", own[ARGV[i], ARGV[i + 1]], boot[ARGV[i]]
}`;

const bootKind = defineRead<SysctlBoot>({
  name: "sysctl-boot",
  outlastsPackages: true,
  tidy: true,
  hangsOn: (_key, path) => path === "/etc/sysctl.conf" || isConfFile(path, "sysctl.d"),
  // Systems without systemd have /etc/sysctl.conf in the last place; systemd reads it through a link in sysctl.d only.
  ask: (keys) => {
    const pairs = keys.flatMap((key) => Object.values(parseKey(key)));
    return sh`hw_f=; [ -d /run/systemd/system ] || hw_f=${LAST}
awk ${program} ${pairs} // ${confFiles("sysctl.d")} $hw_f 2>/dev/null`;
  },
  split: splitRecords,
  parse: (record, key) => parseSysctlBoot(record.toString(), parseKey(key).file),
});

/**
 * What `file` sets a parameter to, and whether a file that is read after it at boot sets it to something else. It is a
 * question of its own for each parameter, so that the answer does not hang on other lines of the file. Wildcards do
 * not matter: a parameter that is named in any file is not set by them.
 *
 * @see sysctl.d(5)
 */
export function sysctlBoot(key: string, file: string): Read<SysctlBoot> {
  return bootKind(`${key} ${file}`);
}

function parseKey(key: string): { readonly name: string; readonly file: string } {
  const at = key.indexOf(" ");
  return { name: key.slice(0, at), file: key.slice(at + 1) };
}

const LAST = "/etc/sysctl.conf";

/** Lines `own VALUE` of the file itself, and `boot FILE<TAB>VALUE` of all files that are read at boot. */
export function parseSysctlBoot(record: string, file: string): SysctlBoot {
  const lines = linesOf(record);
  const own = lines.findLast((line) => line.startsWith("own "))?.slice(4);
  const boot = lines
    .filter((line) => line.startsWith("boot "))
    .map((line) => line.slice(5).split("\t"))
    .map(([path = "", value = ""]) => ({ file: path, value }));
  // A file elsewhere is read by whoever wanted it there, nobody knows when.
  const after = isConfFile(file, "sysctl.d") ? boot.filter((each) => isAfter(each.file, file)) : [];
  const last = after.toSorted((a, b) => (isAfter(a.file, b.file) ? 1 : isAfter(b.file, a.file) ? -1 : 0)).at(-1);
  return { saved: own, ...(last && { later: last }) };
}

/** Files are read in the order of their names, wherever they are. */
function isAfter(file: string, other: string): boolean {
  if (file === LAST || other === LAST) return other !== LAST;
  return Buffer.compare(Buffer.from(posix.basename(file)), Buffer.from(posix.basename(other))) > 0;
}

function oneBlank(value: string): string {
  return value.trim().replace(/[ \t]+/g, " ");
}
