import { type Change, predict, unknowable } from "../engine/plan.ts";
import {
  type PackageState,
  packageHeld,
  packageLeftovers,
  packageState,
  packageVersion,
  type VersionState,
} from "../reads/packages.ts";
import { aptInstall, aptRemove, dpkgConfigure, markHold } from "./apt-commands.ts";
import { installSurprises, removalSurprises, upgradeSurprises, versionUnknown } from "./apt-predictions.ts";

/** A package as it is and as it should be; what a plan does not look at need not be known. */
export interface FoundPackage {
  readonly name: string;
  readonly wanted: string | undefined;
  readonly state: PackageState;
  held(): boolean;
  leftovers(): boolean;
  version(): VersionState;
}

/** Downloads and the scripts of packages take their time. */
const DEADLINE_MS = 900_000;

/** Left between two steps of dpkg, with its files in place. */
export function isBroken({ state }: FoundPackage): boolean {
  return !["absent", "installed", "half-installed", "no dpkg"].includes(state);
}

/** The version that is installed, for people. */
export function versionOf(each: FoundPackage): string {
  const version = each.version();
  return version.kind === "other" ? version.version : version.kind;
}

/** The first change of each list carries the one command that makes all of them. */
export function configureChanges(
  broken: readonly FoundPackage[],
  options: { readonly cacheMaxAgeMs: number; readonly lockTimeoutMs: number },
): readonly Change[] {
  return broken.map(({ name, state }, index) => ({
    what: `package ${name}`,
    from: state,
    to: "configured",
    commands: index === 0 ? [dpkgConfigure(options)] : [],
    predicts: [...(index === 0 ? installSurprises(broken) : []), predict(packageState(name), "installed")],
    deadlineMs: DEADLINE_MS + options.lockTimeoutMs,
  }));
}

export function installChanges(
  packages: readonly FoundPackage[],
  options: {
    readonly hold?: boolean | undefined;
    readonly recommends: boolean;
    readonly cacheMaxAgeMs: number;
    readonly lockTimeoutMs: number;
  },
): readonly Change[] {
  return packages.map((each, index) => {
    const { name, wanted, state } = each;
    const first = index === 0;
    const isThere = state !== "absent" && state !== "half-installed";
    return {
      what: `package ${name}`,
      from: isThere ? versionOf(each) : state,
      to: wanted ?? "installed",
      commands: first ? [aptInstall(packages, { ...options, changeHeld: options.hold !== undefined })] : [],
      predicts: [
        ...(isThere ? upgradeSurprises(name) : []),
        ...(first ? installSurprises(packages) : []),
        versionUnknown(name),
        ...(wanted === undefined ? [] : [predict(packageVersion(name, wanted), { kind: "same" })]),
        predict(packageState(name), "installed"),
        // Another version releases a hold.
        predict(packageHeld(name), false),
        predict(packageLeftovers(name), false),
      ],
      deadlineMs: DEADLINE_MS + options.lockTimeoutMs,
    };
  });
}

/** @param installed those that are installed, or brought to another version, before this */
export function holdChanges(
  found: readonly FoundPackage[],
  installed: readonly FoundPackage[],
  { hold, lockTimeoutMs }: { readonly hold?: boolean | undefined; readonly lockTimeoutMs: number },
): readonly Change[] {
  if (hold === undefined) return [];
  const marked = found.filter((each) => (installed.includes(each) ? hold : each.held() !== hold));
  const names = marked.map(({ name }) => name);
  return marked.map(({ name }, index) => ({
    what: `hold of ${name}`,
    from: hold ? "not held" : "held",
    to: hold ? "held" : "not held",
    commands: index === 0 ? [markHold(names, { hold, lockTimeoutMs })] : [],
    predicts: [predict(packageHeld(name), hold)],
  }));
}

export function removeChanges(
  packages: readonly FoundPackage[],
  options: { readonly purge: boolean; readonly lockTimeoutMs: number },
): readonly Change[] {
  const names = packages.map(({ name }) => name);
  return packages.map(({ name, state }, index) => ({
    what: `package ${name}`,
    from: state === "absent" ? "configuration files" : state,
    to: options.purge ? "purged" : "absent",
    commands: index === 0 ? [aptRemove(names, options)] : [],
    predicts: [
      ...(index === 0 ? removalSurprises(names) : []),
      versionUnknown(name),
      predict(packageState(name), "absent"),
      predict(packageHeld(name), false),
      // Whether any remain is known only where none are left.
      options.purge ? predict(packageLeftovers(name), false) : unknowable(packageLeftovers(name)),
    ],
    deadlineMs: DEADLINE_MS + options.lockTimeoutMs,
  }));
}
