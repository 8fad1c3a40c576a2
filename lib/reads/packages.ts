import { defineRead, type Read } from "../engine/read.ts";
import { versionMatches } from "../params/packages.ts";
import { joinSh, rawSh, type Sh, sh } from "../shell/sh.ts";

/** What dpkg has of a package. Configuration files alone are `absent`: see {@link packageLeftovers}. */
export type PackageState =
  | "absent"
  | "installed"
  /** Between two steps of dpkg: an interrupted run, or a script of the package that failed. */
  | "half-installed"
  | "unpacked"
  | "half-configured"
  | "triggers-awaited"
  | "triggers-pending"
  /** The host has no dpkg at all. */
  | "no dpkg";

/** How the installed version stands to the wanted one. */
export type VersionState =
  | { readonly kind: "same" }
  | { readonly kind: "absent" }
  | { readonly kind: "other"; readonly version: string };

/** What one line of dpkg-query tells of a package of one architecture. */
export interface DpkgEntry {
  readonly version: string;
  /** What dpkg is told to do with it: `install`, `hold`, `deinstall`, `purge`, `unknown`. */
  readonly want: string;
  readonly flag: string;
  readonly status: string;
}

const FORMAT = "${Package}|${Version},${db:Status-Want},${db:Status-Eflag},${db:Status-Status}\\n";

/**
 * One dpkg-query for all packages. It prints them sorted, each once, one line an architecture, and says nothing of
 * those it never heard of; so the lines are laid out anew, one record a key.
 *
 * @see dpkg-query(1)
 */
const packageKind = {
  name: "package",
  outlastsPackages: true,
  tidy: true,
  ask(keys: readonly string[]): Sh {
    const names = keys.map(nameIn);
    return joinSh([
      rawSh(`hw_n='\n'; hw_package() {
  hw_l=$hw_all
  while :; do
    case $hw_l in *"$hw_n$1|"*) ;; *) break;; esac
    hw_l=\${hw_l#*"$hw_n$1|"}; printf '%s ' "\${hw_l%%"$hw_n"*}"; hw_l=$hw_n\${hw_l#*"$hw_n"}
  done
  echo
}
command -v dpkg-query >/dev/null || hw_package() { echo none; }`),
      sh`hw_all="$hw_n$(dpkg-query -W -f ${FORMAT} -- ${[...new Set(names)]} 2>/dev/null)$hw_n"`,
      ...names.map((name) => sh`hw_package ${name}`),
    ]);
  },
  split(output: Buffer, keys: readonly string[]): readonly Buffer[] {
    const lines = output.toString("latin1").split("\n");
    if (lines.length !== keys.length + 1) throw new Error(`${lines.length - 1} lines for ${keys.length} packages`);
    return keys.map((_, index) => Buffer.from(`${lines[index]}\n`, "latin1"));
  },
};

/** Whether a package is there, whatever its version. */
export const packageState = aspect("state", (record): PackageState => {
  if (record === "none") return "no dpkg";
  const entry = bestEntry(record);
  if (!entry || entry.status === "not-installed" || entry.status === "config-files") return "absent";
  return entry.flag === "ok" ? (entry.status as PackageState) : "half-installed";
});

/** Whether dpkg is told to leave the package as it is (apt-mark(8)). */
export const packageHeld = aspect("held", (record) => bestEntry(record)?.want === "hold");

/** Whether a removed package has left configuration files. */
export const packageLeftovers = aspect("leftovers", (record) => bestEntry(record)?.status === "config-files");

const version = aspect("version", (record, key): VersionState => {
  const entry = bestEntry(record);
  if (!entry?.version || entry.status === "config-files") return { kind: "absent" };
  const [, , wanted = ""] = key.split(" ");
  return versionMatches(entry.version, wanted) ? { kind: "same" } : { kind: "other", version: entry.version };
});

/** Compares the installed version with the wanted one, or a pattern of it. */
export function packageVersion(name: string, wanted: string): Read<VersionState> {
  return version(`${name} ${wanted}`);
}

/** Whether a read asks for the version of this package, in whatever pattern. */
export function isVersionOf(read: Read<unknown>, name: string): boolean {
  return read.kind.name === packageKind.name && read.key.startsWith(`version ${name} `);
}

/** Whether a read asks if a package is there. */
export function isPackageState(read: Read<unknown>): boolean {
  return read.kind.name === packageKind.name && read.key.startsWith("state ");
}

/**
 * One side of a package: a change predicts what it knows of it and leaves the others unknown. All sides are one kind,
 * so that they are asked together.
 */
function aspect<T>(name: string, parse: (record: string, key: string) => T): (key: string) => Read<T> {
  const define = defineRead<T>({ ...packageKind, parse: (record, key) => parse(record.toString().trimEnd(), key) });
  return (key) => define(`${name} ${key}`);
}

function nameIn(key: string): string {
  return key.split(" ")[1] ?? "";
}

/** Entries of one package, one an architecture: the one that is installed speaks for it. */
function bestEntry(record: string): DpkgEntry | undefined {
  const entries = parseDpkgEntries(record);
  return entries.find(({ status }) => status === "installed") ?? entries.at(0);
}

/** A record: `VERSION,WANT,FLAG,STATUS` for each architecture, separated by spaces. */
export function parseDpkgEntries(record: string): readonly DpkgEntry[] {
  const words = record.split(" ").filter((word) => word !== "" && word !== "none");
  return words.map((word) => {
    const [version = "", want = "", flag = "", status = ""] = word.split(",");
    return { version, want, flag, status };
  });
}
