import { type Prediction, predict, unknowable } from "../engine/plan.ts";
import type { Read } from "../engine/read.ts";
import { unknowableBelow, unknowableListings, unknowableThrough } from "../reads/about-path.ts";
import { commandStatus } from "../reads/command-status.ts";
import { type PathState, path as pathState } from "../reads/path.ts";
import { predictAbsence } from "./remove-tree.ts";

/** What decides whether a command has to run; exactly one of them is given. */
export const deciders = ["creates", "removes", "unless", "onlyIf", "when"] as const;

/** A question to the host, and what its answer means for the command. */
export interface Decider<T = unknown> {
  readonly read: Read<T>;
  needed(answer: T): boolean;
  /** Why the command is not needed. */
  reason(answer: T): string;
  readonly what: string;
  from(answer: T): string;
  readonly to: string;
  readonly predicts: readonly Prediction[];
}

interface Given {
  readonly creates?: string | undefined;
  readonly removes?: string | undefined;
  readonly unless?: string | undefined;
  readonly onlyIf?: string | undefined;
  readonly when?: { readonly read: Read<unknown>; readonly done: (answer: never) => boolean } | undefined;
}

/** The decider of a command. */
export function decide({ creates, removes, unless, onlyIf, when }: Given): Decider {
  if (creates !== undefined) return erased(createsPath(creates));
  if (removes !== undefined) return erased(removesPath(removes));
  if (unless !== undefined) return erased(unlessSucceeds(unless));
  if (onlyIf !== undefined) return erased(onlyIfSucceeds(onlyIf));
  if (when !== undefined) return erased(whenNotDone(when));
  throw new Error("a command without anything that decides");
}

/** A decider only ever gets answers to its own read: its type may be forgotten. */
function erased<T>(decider: Decider<T>): Decider {
  return decider as Decider<unknown> & Decider<T>;
}

function createsPath(path: string): Decider<PathState> {
  return {
    read: pathState(path),
    needed: ({ type }) => type === "absent",
    reason: () => `${path} exists`,
    what: path,
    from: () => "absent",
    to: "created",
    // That it will be there is certain; its type, mode and owner are the command's.
    predicts: [unknowable(pathState(path)), unknowableBelow(path), unknowableThrough(path), unknowableListings(path)],
  };
}

function removesPath(path: string): Decider<PathState> {
  return {
    read: pathState(path),
    needed: ({ type }) => type !== "absent",
    reason: () => `${path} does not exist`,
    what: path,
    from: () => "present",
    to: "removed",
    predicts: predictAbsence(path),
  };
}

function unlessSucceeds(text: string): Decider<number> {
  return {
    read: commandStatus(text),
    needed: (status) => status !== 0,
    reason: () => `${short(text)} succeeds`,
    what: short(text),
    from: (status) => `status ${status}`,
    to: "status 0",
    predicts: [predict(commandStatus(text), 0)],
  };
}

function onlyIfSucceeds(text: string): Decider<number> {
  return {
    read: commandStatus(text),
    needed: (status) => status === 0,
    reason: (status) => `${short(text)} fails with status ${status}`,
    what: short(text),
    from: () => "status 0",
    to: "another status",
    predicts: [unknowable(commandStatus(text))],
  };
}

function whenNotDone({ read, done }: NonNullable<Given["when"]>): Decider<never> {
  const what = `${read.kind.name} ${read.key}`;
  return {
    read: read as Read<never>,
    needed: (answer) => !done(answer),
    reason: () => `${what} is as wanted`,
    what,
    from: () => "not as wanted",
    to: "as wanted",
    predicts: [unknowable(read)],
  };
}

function short(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, " ");
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}
