import { showCycle } from "./cycle.ts";
import type { Draft, GroupDraft } from "./draft.ts";

/** A group among its kin, when every implied relation is drawn. */
export interface GroupNode {
  readonly name: string;
  readonly draft: GroupDraft;
  readonly children: readonly string[];
  readonly parents: readonly string[];
  /** The longest way from `all`: a variable of a deeper group counts more. */
  readonly depth: number;
}

/**
 * Draws the relations that Ansible implies: a group without a parent is a child of `all`, a host without a group is
 * one of `ungrouped` and no other host is. A cycle of groups is a mistake.
 *
 * @see Ansible, "How to build your inventory", Default groups
 */
export function relate(draft: Draft): ReadonlyMap<string, GroupNode> {
  settleUngrouped(draft);
  const parents = new Map<string, string[]>([...draft.groups.keys()].map((name) => [name, []]));
  for (const group of draft.groups.values()) {
    for (const child of group.children.keys()) parents.get(child)?.push(group.name);
  }
  const children = new Map([...draft.groups.values()].map((group) => [group.name, [...group.children.keys()]]));
  // As in Ansible `ungrouped` is the first child of `all`, the other implied ones come after those that are written.
  const implied = [...parents].filter(([name, above]) => above.length === 0 && name !== "all").map(([name]) => name);
  for (const name of implied) parents.get(name)?.push("all");
  const ofAll = [...(children.get("all") ?? []), ...implied].filter((name) => name !== "ungrouped");
  children.set("all", ["ungrouped", ...ofAll]);
  if (!parents.get("ungrouped")?.includes("all")) parents.get("ungrouped")?.push("all");

  const depths = depthsOf(children, parents);
  if (depths.size < draft.groups.size) showCycle(draft, children, depths);
  return new Map(
    [...draft.groups].map(([name, group]) => [
      name,
      {
        name,
        draft: group,
        children: children.get(name) ?? [],
        parents: parents.get(name) ?? [],
        depth: depths.get(name) ?? 0,
      },
    ]),
  );
}

function settleUngrouped(draft: Draft): void {
  const ungrouped = draft.groups.get("ungrouped");
  for (const host of draft.hosts.values()) {
    const grouped = [...host.groups].some((name) => name !== "all" && name !== "ungrouped");
    if (grouped) {
      host.groups.delete("ungrouped");
      ungrouped?.hosts.delete(host.name);
    } else {
      host.groups.add("ungrouped");
      ungrouped?.hosts.add(host.name);
    }
  }
}

/** Longest ways from the top; groups that are part of a cycle, or below one, get none. */
function depthsOf(
  children: ReadonlyMap<string, readonly string[]>,
  parents: ReadonlyMap<string, readonly string[]>,
): Map<string, number> {
  const open = new Map([...parents].map(([name, above]) => [name, above.length]));
  const depths = new Map<string, number>();
  const least = new Map<string, number>();
  const ready = [...open].filter(([, count]) => count === 0).map(([name]) => name);
  for (let name = ready.pop(); name !== undefined; name = ready.pop()) {
    const depth = least.get(name) ?? 0;
    depths.set(name, depth);
    for (const child of children.get(name) ?? []) {
      least.set(child, Math.max(least.get(child) ?? 0, depth + 1));
      const count = (open.get(child) ?? 0) - 1;
      open.set(child, count);
      if (count === 0) ready.push(child);
    }
  }
  return depths;
}

/** A group and all that is below it, level by level, in the order in which children are written. */
export function withDescendants(nodes: ReadonlyMap<string, GroupNode>, name: string): string[] {
  return reach(name, (group) => nodes.get(group)?.children ?? []);
}

/** A group and all that it is part of. */
export function withAncestors(nodes: ReadonlyMap<string, GroupNode>, name: string): string[] {
  return reach(name, (group) => nodes.get(group)?.parents ?? []);
}

function reach(start: string, next: (name: string) => readonly string[]): string[] {
  const reached = new Set([start]);
  // A set that grows while it is walked is a queue without doubles.
  for (const name of reached) for (const other of next(name)) reached.add(other);
  return [...reached];
}
