import { type Prediction, unknowable, unknowableWhere } from "../engine/plan.ts";
import type { Read } from "../engine/read.ts";
import { pathOfRead } from "../reads/about-path.ts";
import { fileDigest } from "../reads/file-content.ts";
import type { PathState } from "../reads/path.ts";

const FILES = ["/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow", "/etc/subuid", "/etc/subgid"];

/** The files that accounts are kept in will be others. */
export function accountFilesTouched(): readonly Prediction[] {
  return [
    ...FILES.map((path) => unknowable(fileDigest(path))),
    unknowableWhere((read) => read.kind.name !== "path" && FILES.includes(pathOfRead(read) ?? "")),
  ];
}

/** Paths whose owner or group is shown differently when this name begins or ceases to stand for a number. */
export function ownershipTouched(which: "owner" | "group", name: string): Prediction {
  return unknowableWhere((read, answer) => {
    const shown = ownership(read, answer)?.[which];
    return shown === name || (shown !== undefined && /^[0-9]+$/.test(shown));
  });
}

function ownership(read: Read<unknown>, answer: unknown): { owner: string; group: string } | undefined {
  if (read.kind.name !== "path") return undefined;
  const state = answer as PathState;
  return state.type === "absent" ? undefined : state;
}
