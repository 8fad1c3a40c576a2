import { remember } from "../remember.ts";
import { type Bases, type Connection, connectionOf, isConnectionVariable } from "./connection.ts";
import type { Draft, Variable, Variables } from "./draft.ts";
import { type GroupNode, withDescendants } from "./graph.ts";
import { type Mistake, type Place, throwMistakes } from "./mistakes.ts";
import { type Origin, originOf } from "./origin.ts";
import { selectNames } from "./patterns.ts";
import { precedence, type VarsFiles } from "./precedence.ts";

/** A host of the inventory, its variables merged from all the places where they may stand. */
export interface InventoryHost {
  readonly name: string;
  /** The groups it is in, directly or by their children, in alphabetical order, without `all`. */
  readonly groups: readonly string[];
  readonly connection: Connection;
  /** The playbook's variables as the files have them; what a playbook uses is what `validateVars` makes of them. */
  readonly vars: Readonly<Record<string, unknown>>;
}

export interface InventoryGroup {
  readonly name: string;
  /** Its hosts and those of all groups below it. */
  readonly hosts: readonly InventoryHost[];
  readonly children: readonly string[];
}

export interface Inventory {
  /** All hosts, in the order of the files. */
  readonly hosts: readonly InventoryHost[];
  /** All groups, `all` and `ungrouped` first, the others in the order of the files. */
  readonly groups: readonly InventoryGroup[];
  /** The folder of the (last) inventory, beside whose files `group_vars` and `host_vars` stand. */
  readonly folder: string;
  /** Files in `group_vars` and `host_vars` that belong to no group or host of this inventory: mistyped, or another's. */
  readonly unusedFiles: readonly string[];
  readonly group: (name: string) => InventoryGroup | undefined;
  readonly host: (name: string) => InventoryHost | undefined;
  /**
   * The hosts that a pattern of Ansible's selects, each once, in the order of the pattern's groups and names.
   *
   * @throws UsageError for a name that is neither a host nor a group, with the nearest one that is
   * @example inventory.select("control_plane:&production:!cp-3")
   * @see Ansible, "Patterns: targeting hosts and groups"
   */
  readonly select: (pattern: string) => readonly InventoryHost[];
  /** Where the value that a host has at a path (`["api", "port"]`) was written; undefined if it has no such variable. */
  readonly origin: (host: InventoryHost, path: readonly PropertyKey[]) => Origin | undefined;
  /** Where a host stands in the inventory for the first time. */
  readonly definition: (name: string) => Place;
}

/** What an inventory is made of. */
export interface Parts {
  readonly draft: Draft;
  readonly nodes: ReadonlyMap<string, GroupNode>;
  readonly files: VarsFiles;
  readonly extra: Variables;
  readonly bases: Bases;
  readonly folder: string;
  /** Asked for when the files of all hosts have been read. */
  readonly unusedFiles: () => readonly string[];
}

const LOCAL_NAMES = ["localhost", "127.0.0.1", "::1"];

/** Merges the parts into an inventory. Mistakes in connection variables are added to the draft's, not thrown. */
export function makeInventory({ draft, nodes, files, extra, bases, folder, unusedFiles }: Parts): Inventory {
  const { layerOf, variablesOf } = precedence(nodes, files, extra);
  const variables = new Map<InventoryHost, Variables>();
  const records = new Map<Variables, Readonly<Record<string, unknown>>>();
  const groupNames = new Map<readonly string[], readonly string[]>();

  function makeHost(
    name: string,
    groups: Iterable<string>,
    own: Map<string, Variable>,
    mistakes: Mistake[],
  ): InventoryHost {
    const layer = layerOf(groups);
    const effective = variablesOf({ name, place: { file: folder }, groups: new Set(groups), vars: own }, layer);
    const host = {
      name,
      groups: remember(groupNames, layer.groups, () => layer.groups.filter((group) => group !== "all").sort()),
      connection: connectionOf(name, effective, bases, mistakes),
      vars: remember(records, effective, () => recordOf(effective)),
    };
    variables.set(host, effective);
    return host;
  }

  const made = new Map<string, InventoryHost>();
  for (const { name, groups, vars } of draft.hosts.values())
    made.set(name, makeHost(name, groups, vars, draft.mistakes));

  const hostNames = new Map<string, readonly string[]>();
  const hostsOf = (group: string) =>
    remember(hostNames, group, () => [
      ...new Set(withDescendants(nodes, group).flatMap((name) => [...(nodes.get(name)?.draft.hosts ?? [])])),
    ]);
  const hosts = hostsOf("all").flatMap((name) => made.get(name) ?? []);

  let local: InventoryHost | undefined;
  function implicit(name: string): string | undefined {
    if (!LOCAL_NAMES.includes(name)) return undefined;
    const explicit = LOCAL_NAMES.find((other) => made.has(other));
    if (explicit !== undefined || local) return explicit ?? local?.name;
    const own = { ansible_connection: "local", ansible_host: "127.0.0.1" };
    const mistakes: Mistake[] = [];
    local = makeHost(
      name,
      [],
      new Map(Object.entries(own).map(([key, value]) => [key, { name: key, value }])),
      mistakes,
    );
    throwMistakes(mistakes);
    return name;
  }

  const known = { hosts: new Set(hosts.map(({ name }) => name)), groups: new Set(nodes.keys()), hostsOf, implicit };
  const toHost = (name: string) => made.get(name) ?? (local?.name === name ? local : undefined) ?? [];
  const groupHosts = new Map<string, readonly InventoryHost[]>();
  const groups = [...nodes.values()].map(({ name, children }) => ({
    name,
    children,
    get hosts() {
      return remember(groupHosts, name, () => hostsOf(name).flatMap((host) => made.get(host) ?? []));
    },
  }));
  const groupsByName = new Map(groups.map((group) => [group.name, group]));
  return {
    hosts,
    groups,
    folder,
    unusedFiles: unusedFiles(),
    group: (name) => groupsByName.get(name),
    host: (name) => made.get(name),
    select: (pattern) => selectNames(known, pattern).flatMap(toHost),
    origin(host, [name, ...path]) {
      const variable = variables.get(host)?.get(String(name));
      return variable && originOf(variable, path);
    },
    definition: (name) => draft.hosts.get(name)?.place ?? { file: folder },
  };
}

function recordOf(variables: Variables): Readonly<Record<string, unknown>> {
  const record: Record<string, unknown> = {};
  for (const { name, value } of variables.values()) if (!isConnectionVariable(name)) record[name] = value;
  return Object.freeze(record);
}
