import type { Draft } from "./draft.ts";

/** Finds one cycle among the groups that have no depth, and makes it a mistake that names its path. */
export function showCycle(
  draft: Draft,
  children: ReadonlyMap<string, readonly string[]>,
  depths: ReadonlyMap<string, number>,
): void {
  const path = cycleAmong(
    [...children.keys()].filter((name) => !depths.has(name)),
    (name) => (children.get(name) ?? []).filter((child) => !depths.has(child)),
  );
  // An implied relation was written nowhere.
  const places = path.slice(1).map((child, i) => draft.groups.get(path[i] ?? "")?.children.get(child));
  const place = places.find((found) => found !== undefined);
  draft.mistakes.push({
    place: place ?? { file: draft.groups.get("all")?.place.file ?? "" },
    problem: `group ${path[0]}: found a cycle of groups, ${path.join(" -> ")}`,
    remedy: "take one of them out of children",
  });
}

/** A cycle as its path, the first name again at the end; among `names` there is one. */
function cycleAmong(names: readonly string[], next: (name: string) => readonly string[]): string[] {
  const done = new Set<string>();
  for (const start of names) {
    const path = new Map([[start, next(start)[Symbol.iterator]()]]);
    for (let last: string | undefined = start; last !== undefined; last = [...path.keys()].at(-1)) {
      const step = path.get(last)?.next();
      if (step === undefined || step.done) {
        done.add(last);
        path.delete(last);
      } else if (path.has(step.value)) {
        const around = [...path.keys()];
        return [...around.slice(around.indexOf(step.value)), step.value];
      } else if (!done.has(step.value)) path.set(step.value, next(step.value)[Symbol.iterator]());
    }
  }
  return [];
}
