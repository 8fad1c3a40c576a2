import { isMap, isScalar, type Node, type Scalar } from "yaml";
import { InventoryError } from "../errors.ts";
import { nearest } from "../text/nearest.ts";
import { addGroup, addHost, type Draft, type GroupDraft, type Variable } from "./draft.ts";
import { expandHostNames, type HostNames } from "./ranges.ts";
import { convertRemedy, TEMPLATE_REMEDY } from "./remedies.ts";
import { isSecret } from "./show.ts";
import { isTemplate } from "./values.ts";
import { readVariables } from "./variables.ts";
import { type Entry, entriesOf, follow, parseYaml, placeOf, type Source } from "./yaml.ts";

const SECTIONS = ["hosts", "children", "vars"];

/**
 * Reads one inventory file into the draft: groups with `hosts`, `children` and `vars`. What is there already is added
 * to; of a variable that is given twice the later one counts.
 *
 * @see Ansible, "ansible.builtin.yaml inventory – Uses a specific YAML file as an inventory source"
 */
export function parseInventory(draft: Draft, file: string, text: string): void {
  const before = draft.mistakes.length;
  const { source, root } = parseYaml(file, text, draft.mistakes);
  if (draft.mistakes.length > before) return;
  if (!isMap(root)) {
    const problem = `found ${root === null ? "nothing" : kindOf(root)}, expected groups with their hosts`;
    draft.mistakes.push({ place: { file }, problem, remedy: 'the smallest inventory is "all: {hosts: {NAME: }}"' });
    return;
  }
  const entries = entriesOf(source, root, draft.mistakes);
  const plugin = entries.find(({ name, value }) => name === "plugin" && isScalar(value));
  if (plugin) {
    const problem = `found the configuration of an inventory plugin, expected groups with their hosts`;
    draft.mistakes.push({ place: placeOf(source, plugin.key), problem, remedy: convertRemedy(file) });
    return;
  }
  for (const entry of entries) {
    if (SECTIONS.includes(entry.name)) {
      const problem = `found ${entry.name} at the top, expected a group`;
      draft.mistakes.push({
        place: placeOf(source, entry.key),
        problem,
        remedy: `put it under a group, such as "all:"`,
      });
    } else readGroup(draft, source, entry);
  }
}

function readGroup(draft: Draft, source: Source, { name, key, value }: Entry): GroupDraft {
  const group = addGroup(draft, name, placeOf(source, key));
  const wrong = (node: Node | null, problem: string, remedy?: string) =>
    draft.mistakes.push({ place: placeOf(source, node), problem: `group ${name}: ${problem}`, remedy });
  if (/[:,[\]*?\s]|^[!&~]/.test(name)) {
    wrong(key, "found a name that no pattern could select", "a name has letters, digits and _");
  }
  const map = follow(source, value);
  if (isNothing(map)) return group;
  if (!isMap(map)) {
    wrong(value, `found ${kindOf(map)}, expected a mapping with hosts, children or vars`);
    return group;
  }
  for (const entry of entriesOf(source, map, draft.mistakes)) {
    if (!SECTIONS.includes(entry.name)) {
      const near = nearest(entry.name, SECTIONS);
      const rest = "hosts stand under hosts:, groups under children:, variables under vars:";
      wrong(entry.key, `unknown key ${entry.name}`, near ? `did you mean ${near}?` : rest);
      continue;
    }
    const section = sectionEntries(draft, source, entry, wrong);
    if (entry.name === "hosts") for (const host of section) readHost(draft, source, group, host);
    if (entry.name === "children") {
      for (const child of section) {
        const place = placeOf(source, child.key);
        const { name } = readGroup(draft, source, child);
        if (!group.children.has(name)) group.children.set(name, place);
      }
    }
    if (entry.name === "vars") readGroupVars(draft, source, group, follow(source, entry.value));
  }
  return group;
}

/** The entries of `hosts:` or `children:`. As in Ansible a single word stands for itself without variables. */
function sectionEntries(
  draft: Draft,
  source: Source,
  { name, value }: Entry,
  wrong: (node: Node | null, problem: string, remedy?: string) => void,
): Entry[] {
  const node = follow(source, value);
  if (isNothing(node)) return [];
  if (isMap(node)) return name === "vars" ? [] : entriesOf(source, node, draft.mistakes);
  if (name !== "vars" && isScalar(node) && typeof node.value === "string") {
    return [{ name: node.value, key: node as Scalar, value: null }];
  }
  const remedy = name === "vars" ? "write name: value" : `write each as a key: "NAME:", without the dash`;
  wrong(value, `found ${kindOf(node)} under ${name}, expected a mapping`, remedy);
  return [];
}

function readGroupVars(draft: Draft, source: Source, group: GroupDraft, node: Node | null): void {
  if (!isMap(node)) return;
  for (const variable of readVariables(source, node, draft.mistakes)) {
    if (variable.name !== "ansible_group_priority") group.vars.set(variable.name, variable);
    else if (Number.isInteger(Number(variable.value ?? "none"))) group.priority = Number(variable.value);
    else {
      const problem = `group ${group.name}  variable ansible_group_priority: found no whole number, expected one`;
      draft.mistakes.push({ place: placeOf(source, variable.written?.key), problem });
    }
  }
}

function readHost(draft: Draft, source: Source, group: GroupDraft, { name, key, value }: Entry): void {
  const place = placeOf(source, key);
  const owner = { hosts: [name] };
  const expanded = hostNames(name);
  if ("problem" in expanded) {
    draft.mistakes.push({ place, ...owner, ...expanded });
    return;
  }
  const map = follow(source, value);
  const variables: Variable[] = [];
  if (isMap(map)) variables.push(...readVariables(source, map, draft.mistakes, owner));
  else if (!isNothing(map)) {
    const address = isScalar(map) && !isSecret([name]) && /^[\w.:-]+$/.exec(map.source ?? "")?.[0];
    const remedy = address ? `write "ansible_host: ${address}" below it` : "write name: value";
    const problem = `found ${kindOf(map)}, expected the host's variables`;
    draft.mistakes.push({ place: placeOf(source, map), ...owner, problem, remedy });
  }
  for (const hostName of expanded.names) {
    const isNew = !draft.hosts.has(hostName);
    const host = addHost(draft, hostName, place, group);
    if (isNew && expanded.port !== undefined) {
      const written = { source, key, node: null };
      host.vars.set("ansible_port", { name: "ansible_port", value: expanded.port, written });
    }
    for (const variable of variables) host.vars.set(variable.name, variable);
  }
}

function hostNames(name: string): HostNames | { problem: string; remedy?: string } {
  if (isTemplate(name)) return { problem: "found a template, expected a name", remedy: TEMPLATE_REMEDY };
  if (/[\s,]|^[!&~]/.test(name)) return { problem: "found a name that no pattern could select" };
  try {
    return expandHostNames(name);
  } catch (error) {
    if (error instanceof InventoryError) return { problem: error.message };
    throw error;
  }
}

function isNothing(node: Node | null): boolean {
  return node === null || (isScalar(node) && node.value === null);
}

function kindOf(node: Node | null): string {
  if (isScalar(node)) return typeof node.value === "string" ? "a text" : `a ${typeof node.value}`;
  return isMap(node) ? "a mapping" : "a list";
}
