import { z } from "zod";
import { blocked, pending } from "../engine/plan.ts";
import type { Read } from "../engine/read.ts";
import { defineTask } from "../engine/task.ts";
import { PackageName, PackageVersion } from "../params/packages.ts";
import {
  type PackageState,
  packageHeld,
  packageLeftovers,
  packageState,
  packageVersion,
  type VersionState,
} from "../reads/packages.ts";
import {
  configureChanges,
  type FoundPackage,
  holdChanges,
  installChanges,
  isBroken,
  removeChanges,
  versionOf,
} from "./apt-changes.ts";

const Bare = PackageName.transform((name) => ({ name, version: undefined }));

const Versioned = z.strictObject({
  name: PackageName,
  /** Exactly this one, or the newest of a pattern such as `1.36.*`. Without it, whatever is installed will do. */
  version: PackageVersion.optional(),
});

/** How long to wait for another apt or dpkg to end, unattended upgrades for one. */
const LockTimeoutMs = z.int().min(0).default(120_000);

const Present = z.strictObject({
  packages: z
    .array(z.union([Bare, Versioned]))
    .nonempty()
    .refine(unique, "names a package twice"),
  /** `true` keeps the packages from upgrades that others make, `false` releases them; left as it is unless told. */
  hold: z.boolean().optional(),
  /** Whether packages come along that are only recommended. */
  recommends: z.boolean().default(false),
  /** Package lists older than this are brought up to date before something is installed, and only then. */
  cacheMaxAgeMs: z.int().min(0).default(3_600_000),
  lockTimeoutMs: LockTimeoutMs,
});

const Absent = z.strictObject({
  packages: z.array(Bare).nonempty().refine(unique, "names a package twice"),
  absent: z.literal(true),
  /** Removes their configuration files as well. */
  purge: z.boolean().default(false),
  lockTimeoutMs: LockTimeoutMs,
});

/**
 * Debian packages that are installed, in some version or in this one, or that are not.
 *
 * - The lists are brought up to date only when something has to be installed and they are too old, older than a source
 *   of packages, or do not know what is wanted. An update that hangs is begun again once, after five minutes.
 * - An installation removes nothing: what conflicts has to be absent first, by a task of its own. A removal takes along
 *   what depends on the package, and leaves what once came along with it.
 * - Changed configuration files are kept. Services that a package starts when it is installed are started.
 * - A version that is wanted explicitly may be a downgrade. A held package is not changed unless `hold` is given.
 * - Packages that an interrupted dpkg left half configured are configured first.
 * - A name that only others provide (`mail-transport-agent`) is refused: demand one of them.
 *
 * In check mode a package that is missing is told as one to be installed even where one before it would bring it along;
 * what installations may bring besides (units, files, users) is unknown until they are done.
 *
 * @example
 * apt({ packages: ["haproxy", "keepalived"] });
 * apt({ packages: [{ name: "kubelet", version: "1.36.*" }], hold: true });
 * apt({ packages: ["exim4-base"], absent: true, purge: true });
 * @throws UsageError for parameters that are not valid
 * @see apt-get(8), apt-mark(8), dpkg(1)
 */
export const apt = defineTask({
  name: "apt",
  params: z.union([Present, Absent]),
  subject: ({ packages }) => inShort(packages.map(({ name, version }) => (version ? `${name}=${version}` : name))),
  reads: ({ packages }) => aptReads(packages),
  plan(params, state) {
    const found = params.packages.map(({ name, version }): FoundPackage => {
      return {
        name,
        wanted: version,
        state: state[`state ${name}`] ?? "absent",
        held: () => state[`held ${name}`] ?? false,
        leftovers: () => state[`leftovers ${name}`] ?? false,
        version: () => state[`version ${name}`] ?? { kind: "same" },
      };
    });
    if (found.some((each) => each.state === "no dpkg")) return blocked("dpkg: this host has no Debian packages");
    if ("absent" in params) {
      const gone = found.filter((each) => each.state !== "absent" || (params.purge && each.leftovers()));
      const kept = gone.find((each) => each.held());
      if (kept) return blocked(`package ${kept.name} is held; demand hold: false for it before its absence`);
      return pending(removeChanges(gone, params), params.purge ? "not there, nor its configuration" : "not installed");
    }
    const missing = found.filter(({ state }) => state === "absent" || state === "half-installed");
    const other = found.filter((each) => !missing.includes(each) && each.version().kind === "other");
    const kept = other.find((each) => params.hold === undefined && each.held());
    if (kept) {
      const what = `package ${kept.name} is held at ${versionOf(kept)}, wanted ${kept.wanted}`;
      return blocked(`${what}; demand hold: true to change it and keep it held, or hold: false to release it`);
    }
    const changes = [
      ...configureChanges(found.filter(isBroken), params),
      ...installChanges([...missing, ...other], params),
      ...holdChanges(found, [...missing, ...other], params),
    ];
    return pending(changes, found.every(({ wanted }) => wanted) ? "installed in this version" : "installed");
  },
});

type AptReads = {
  [key: `state ${string}`]: Read<PackageState>;
  [key: `held ${string}`]: Read<boolean>;
  [key: `leftovers ${string}`]: Read<boolean>;
  [key: `version ${string}`]: Read<VersionState>;
};

function aptReads(packages: readonly { readonly name: string; readonly version?: string | undefined }[]): AptReads {
  const reads: AptReads = {};
  for (const { name, version } of packages) {
    reads[`state ${name}`] = packageState(name);
    reads[`held ${name}`] = packageHeld(name);
    reads[`leftovers ${name}`] = packageLeftovers(name);
    if (version !== undefined) reads[`version ${name}`] = packageVersion(name, version);
  }
  return reads;
}

/** A list of packages as the subject of a task. */
function inShort(names: readonly string[]): string {
  return names.length <= 6 ? names.join(" ") : `${names.slice(0, 5).join(" ")} and ${names.length - 5} more`;
}

function unique(packages: readonly { readonly name: string }[]): boolean {
  return new Set(packages.map(({ name }) => name)).size === packages.length;
}
