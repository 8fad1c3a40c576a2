import type { HostDraft, Variable, Variables } from "./draft.ts";
import { type GroupNode, withAncestors } from "./graph.ts";

/** What group_vars and host_vars say, a layer for each folder they stand in. */
export interface VarsFiles {
  /** A folder's variables of a group. */
  readonly group: readonly ((name: string) => Variables)[];
  readonly host: readonly ((name: string) => Variables)[];
}

/** The groups of a host in the order in which their variables are merged, and what comes out. */
export interface Layer {
  readonly groups: readonly string[];
  readonly variables: Variables;
}

/**
 * Merges variables in Ansible's order; what comes later counts more. The numbers are those of Ansible's list, which
 * has more steps (roles, plays, facts) that do not exist here:
 *
 * - (3) `vars` of groups in inventory files: `all`, then groups from parents to children; at the same depth by
 *   `ansible_group_priority`, then by name
 * - (4) group_vars/all beside the inventory
 * - (6) group_vars/NAME beside the inventory, in the same order of groups
 * - (8) variables of the host in inventory files
 * - (9) host_vars/NAME beside the inventory
 * - (22) extra variables
 *
 * A value replaces the one before it as a whole: mappings and lists are not merged.
 *
 * Hosts that are in the same groups share one merged layer, so the cost of a host is its own variables.
 *
 * @see Ansible, "Using variables", Understanding variable precedence; "How to build your inventory", How variables are
 * merged
 */
export function precedence(
  nodes: ReadonlyMap<string, GroupNode>,
  files: VarsFiles,
  extra: Variables,
): { layerOf: (groups: Iterable<string>) => Layer; variablesOf: (host: HostDraft, layer: Layer) => Variables } {
  const layers = new Map<string, Layer>();
  const ancestors = new Map<string, readonly string[]>();

  function chainOf(groups: Iterable<string>): string[] {
    const chain = new Set(["all"]);
    for (const name of groups) {
      const above = ancestors.get(name) ?? withAncestors(nodes, name);
      ancestors.set(name, above);
      for (const group of above) chain.add(group);
    }
    return [...chain].sort((a, b) => compare(nodes.get(a), nodes.get(b)));
  }

  function layerOf(groups: Iterable<string>): Layer {
    const key = [...groups].sort().join("\n");
    const known = layers.get(key);
    if (known) return known;
    const chain = chainOf(key === "" ? [] : key.split("\n"));
    const merged = new Map<string, Variable>();
    for (const name of chain) add(merged, nodes.get(name)?.draft.vars);
    for (const folder of files.group) add(merged, folder("all"));
    for (const folder of files.group) for (const name of chain) if (name !== "all") add(merged, folder(name));
    const layer = { groups: chain, variables: withExtra(merged) };
    layers.set(key, layer);
    return layer;
  }

  function variablesOf(host: HostDraft, layer: Layer): Variables {
    const own = files.host.map((folder) => folder(host.name)).filter(({ size }) => size > 0);
    if (host.vars.size === 0 && own.length === 0) return layer.variables;
    const merged = new Map(layer.variables);
    add(merged, host.vars);
    for (const variables of own) add(merged, variables);
    return withExtra(merged);
  }

  function withExtra(merged: Map<string, Variable>): Variables {
    add(merged, extra);
    return merged;
  }

  return { layerOf, variablesOf };
}

function add(merged: Map<string, Variable>, variables: Variables | undefined): void {
  if (variables) for (const [name, variable] of variables) merged.set(name, variable);
}

/** `all` has the least depth; names are compared by code point, as Python does. */
function compare(a: GroupNode | undefined, b: GroupNode | undefined): number {
  if (!a || !b) return 0;
  return a.depth - b.depth || a.draft.priority - b.draft.priority || (a.name < b.name ? -1 : 1);
}
