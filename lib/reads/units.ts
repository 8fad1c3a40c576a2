import { defineRead, type Read } from "../engine/read.ts";
import { parseUnitKey, unitQuestion } from "./unit-question.ts";

/** What a unit's file makes of it. */
export interface UnitTraits {
  /** Whether it is active once started: a oneshot without RemainAfterExit= is inactive again when its work is done. */
  readonly stays: boolean;
  readonly reloads: boolean;
}

/** `loaded`, `not-found`, `masked`, `bad-setting`, `error`; `no systemd` where it does not run. */
export const unitLoad = aspect("load", (property) => property("LoadState") ?? "no systemd");

/** `active`, `inactive`, `failed`, `activating`, `deactivating`, `reloading`. */
export const unitActive = aspect("active", (property) => property("ActiveState") ?? "inactive");

/** `enabled`, `disabled`, `static`, `masked`, `indirect`, `generated`, `alias`, …; nothing for a missing unit. */
export const unitFileState = aspect("file-state", (property) => property("UnitFileState") ?? "");

/** Whether systemd knows an older version of the unit's files than the one on disk. */
export const unitReloadDue = aspect("reload-due", (property) => property("NeedDaemonReload") === "yes");

export const unitTraits = aspect(
  "traits",
  (property): UnitTraits => ({
    stays: property("Type") !== "oneshot" || property("RemainAfterExit") === "yes",
    reloads: property("CanReload") === "yes",
  }),
);

export type UnitAspect = "load" | "active" | "file-state" | "reload-due" | "traits";

/** Which side of which unit a read asks for; for what it took of files there is `takenAsked`. */
export function unitAsked(read: Read<unknown>): { readonly aspect: UnitAspect; readonly unit: string } | undefined {
  if (read.kind.name !== unitQuestion.name) return undefined;
  const { unit, aspect, path } = parseUnitKey(read.key);
  return path === undefined ? { aspect: aspect as UnitAspect, unit } : undefined;
}

/** One side of a unit: a change predicts what it knows of it, and leaves the others as they are. */
function aspect<T>(
  name: UnitAspect,
  parse: (property: (name: string) => string | undefined) => T,
): (unit: string) => Read<T> {
  const define = defineRead<T>({ ...unitQuestion, parse: (record) => parse(properties(record.toString().trimEnd())) });
  return (unit) => define(`${unit} ${name}`);
}

/** Reads words `NAME=VALUE`; what is asked for has no spaces in it. */
function properties(line: string): (name: string) => string | undefined {
  const words = line.split(" ");
  return (name) => words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
}
