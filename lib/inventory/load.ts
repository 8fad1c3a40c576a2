import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { type Draft, newDraft, type Variable, type Variables } from "./draft.ts";
import { inventoryFiles, isFolder, varsFolder } from "./files.ts";
import { relate } from "./graph.ts";
import { type Inventory, makeInventory } from "./inventory.ts";
import { throwMistakes } from "./mistakes.ts";
import { parseInventory } from "./parse.ts";
import { type ExtraVars, extraVariables, readVarsFile } from "./variables.ts";

export interface InventoryOptions {
  /** They count more than all others; of several the last counts most. */
  readonly extraVars?: ExtraVars | readonly ExtraVars[];
  /** What `~/` stands for in paths; by default the home directory of the user. */
  readonly home?: string;
}

/**
 * Loads an inventory: Ansible's YAML inventory from a file, or all of a folder merged in alphabetical order, with the
 * `group_vars` and `host_vars` beside it. All mistakes are found at once, those in connection variables too.
 *
 * @param paths a file or folder, or several; of what is given twice the later counts
 * @throws InventoryError that lists all mistakes with file, line and column
 * @example
 * const inventory = loadInventory("inventory/lab.yaml", { extraVars: { api_port: 7443 } });
 * for (const host of inventory.select("control_plane:!cp-3")) console.log(host.name, host.connection.address);
 * @see Ansible, "How to build your inventory"; "Using variables", Understanding variable precedence
 */
export function loadInventory(paths: string | readonly string[], options: InventoryOptions = {}): Inventory {
  const sources = typeof paths === "string" ? [paths] : paths;
  const draft = newDraft(sources[0] ?? "inventory");
  if (sources.length === 0)
    draft.mistakes.push({ place: { file: "inventory" }, problem: "found none, expected a path" });
  const folders = new Map<string, string>();
  const roots = new Set<string>();
  for (const source of sources) {
    const root = isFolder(source) ? source : dirname(source);
    for (const { file, text } of inventoryFiles(source, draft.mistakes)) {
      // Of a folder that is met again the last time counts.
      roots.delete(root);
      roots.add(root);
      folders.set(file, dirname(file));
      parseInventory(draft, file, text);
    }
  }
  const nodes = relate(draft);
  const read = (kind: string) => [...roots].map((root) => varsReader(root, kind, draft, folders));
  const [group, host] = [read("group_vars"), read("host_vars")];
  for (const reader of group) for (const name of nodes.keys()) reader.variables(name);
  const inventory = makeInventory({
    draft,
    nodes,
    files: { group: group.map(({ variables }) => variables), host: host.map(({ variables }) => variables) },
    extra: extraVariables(options.extraVars ?? [], draft.mistakes),
    bases: {
      home: options.home ?? homedir(),
      folderOf: ({ written }) => folders.get(written?.source.file ?? "") ?? ".",
    },
    folder: [...roots].at(-1) ?? ".",
    unusedFiles: () => [...group, ...host].flatMap((reader) => reader.unused()),
  });
  ambiguousNames(draft, inventory);
  throwMistakes(draft.mistakes);
  return inventory;
}

/** Reads `group_vars` or `host_vars` of one folder, each name's files once. */
function varsReader(root: string, kind: string, { mistakes }: Draft, folders: Map<string, string>) {
  const folder = varsFolder(join(root, kind), mistakes);
  const known = new Map<string, Variables>();
  function variables(name: string): Variables {
    const before = known.get(name);
    if (before) return before;
    const merged = new Map<string, Variable>();
    for (const file of folder.filesOf(name)) {
      folders.set(file, root);
      for (const variable of readVarsFile(file, mistakes, kind === "host_vars" ? [name] : [])) {
        merged.set(variable.name, variable);
      }
    }
    known.set(name, merged);
    return merged;
  }
  return { variables, unused: () => folder.unused() };
}

/** In a pattern a name means the host of that name, not the group: fine as long as that is the same. */
function ambiguousNames(draft: Draft, inventory: Inventory): void {
  for (const { name, hosts } of inventory.groups) {
    const host = draft.hosts.get(name);
    if (!host || (hosts.length === 1 && hosts[0]?.name === name)) continue;
    const problem = "is also the name of a group that has other hosts, which no pattern could select";
    draft.mistakes.push({ place: host.place, hosts: [name], problem, remedy: "rename one of them" });
  }
}
