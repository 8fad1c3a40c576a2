import { posix } from "node:path";
import { type Peek, type Prediction, unknowableWhere } from "../engine/plan.ts";
import type { Read } from "../engine/read.ts";
import { pathOfRead } from "../reads/about-path.ts";
import { isPackageState, isVersionOf } from "../reads/packages.ts";
import { path as pathState } from "../reads/path.ts";
import { takenAsked } from "../reads/taken-file.ts";
import { unitAsked } from "../reads/units.ts";

type Named = readonly { readonly name: string }[];

/** What else an installation may bring of what is not there now: units, files, users; and what other commands tell. */
export function installSurprises(packages: Named): readonly Prediction[] {
  const names = packages.map(({ name }) => name);
  return [
    unknowableWhere((read, answer, peek) => {
      const unit = unitAsked(read);
      // A unit that is missing may come with it; its other sides are known once something else makes that unit.
      if (unit?.aspect === "load") return answer === "not-found";
      if (unit?.aspect === "reload-due") return answer === true;
      if (unit) return isAbsentSide(answer) && names.some((name) => unitIsOf(unit.unit, name));
      if (isAccount(read)) return answer === undefined;
      if (pathOfRead(read) !== undefined) return mayCome(read, answer, peek, names);
      return takenAsked(read) === undefined && !read.kind.outlastsPackages;
    }),
  ];
}

/** What another version may bring: its units are restarted, and others that use it. */
export function upgradeSurprises(name: string): readonly Prediction[] {
  return [
    unknowableWhere((read) => {
      const unit = unitAsked(read);
      return takenAsked(read) !== undefined || (unit !== undefined && unitIsOf(unit.unit, name));
    }),
  ];
}

/** What may go along: units, files of its name, users, packages that depend on it; and what other commands tell. */
export function removalSurprises(names: readonly string[]): readonly Prediction[] {
  return [
    unknowableWhere((read, answer) => {
      if (isPackageState(read)) return answer !== "absent";
      if (isAccount(read)) return answer !== undefined;
      const file = pathOfRead(read);
      if (file !== undefined) return !isAbsentFile(answer) && names.some((name) => pathIsOf(file, name));
      return !read.kind.outlastsPackages;
    }),
  ];
}

/** Which version it will be is for apt to say; a pattern that was wanted is predicted behind this. */
export function versionUnknown(name: string): Prediction {
  return unknowableWhere((read) => isVersionOf(read, name));
}

/** A path that is absent comes with a package when its directory does, or, likely, when it has the package's name. */
function mayCome(read: Read<unknown>, answer: unknown, peek: Peek, names: readonly string[]): boolean {
  const file = pathOfRead(read);
  if (file === undefined || !isAbsentFile(answer)) return false;
  const self = peek(pathState(file));
  if (self !== undefined && self.type !== "absent") return false;
  return peek(pathState(posix.dirname(file)))?.type === "absent" || names.some((name) => pathIsOf(file, name));
}

function isAbsentFile(answer: unknown): boolean {
  if (typeof answer !== "object" || answer === null) return answer === undefined;
  return ("type" in answer && answer.type === "absent") || ("kind" in answer && answer.kind === "absent");
}

function isAbsentSide(answer: unknown): boolean {
  return answer === "" || answer === "inactive" || typeof answer === "object";
}

function isAccount({ kind }: Read<unknown>): boolean {
  return /^(user|group)(-(id|password))?$/.test(kind.name);
}

/** `/etc/haproxy/haproxy.cfg` and haproxy, `/etc/nfs.conf` and nfs-common. */
function pathIsOf(path: string, name: string): boolean {
  return wordsOf(name).some((word) => path.includes(word));
}

/** `haproxy.service` and haproxy, `ssh.service` and openssh-server, `postgresql@15-main.service` and postgresql-15. */
function unitIsOf(unit: string, name: string): boolean {
  const base = unit.replace(/(@.*)?\.[a-z]+$/, "");
  return wordsOf(name).some((word) => base.includes(word)) || (base.length > 2 && name.includes(base));
}

/** The name, and its first word where it is one that tells something. */
function wordsOf(name: string): readonly string[] {
  const [first = ""] = name.split(/[-.]/);
  return first.length > 2 ? [name, first] : [name];
}
