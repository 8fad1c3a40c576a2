import { UsageError } from "../errors.ts";
import { nearest } from "../text/nearest.ts";
import { matcherOf, type Subscript, splitPattern, splitSubscript } from "./pattern-syntax.ts";

/** What patterns select from: names of hosts and groups, and the hosts of a group, in order. */
export interface Selectable {
  readonly hosts: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
  readonly hostsOf: (group: string) => readonly string[];
  /** The host that stands for `localhost` where the inventory has none of this name. */
  readonly implicit: (name: string) => string | undefined;
}

/**
 * Selects hosts by a pattern of Ansible's: names of hosts and groups, globs, `~regex`, each with a subscript;
 * `a:b` or `a,b` is the union, `:&b` the intersection, `:!b` the exclusion. Unions are taken first, then
 * intersections, then exclusions, wherever they stand; without a union all hosts are meant. Hosts come in the order of
 * the groups and names of the pattern, each host once.
 *
 * @throws UsageError when a name is neither a host nor a group, a subscript is beyond the hosts, or a pattern is none
 * @see Ansible, "Patterns: targeting hosts and groups"
 */
export function selectNames(inventory: Selectable, pattern: string): string[] {
  const parts = splitPattern(pattern, inventory.hosts);
  if (parts.length === 0)
    throw new UsageError(`pattern ${JSON.stringify(pattern)}: found nothing, expected hosts or groups`);
  const starting = (sign: string) => parts.filter((part) => part.startsWith(sign)).map((part) => part.slice(1));
  const unions = parts.filter((part) => !/^[&!]/.test(part));
  const selected = new Set((unions.length > 0 ? unions : ["all"]).flatMap((part) => matches(inventory, part, pattern)));
  for (const part of starting("&")) {
    const others = new Set(matches(inventory, part, pattern));
    for (const host of selected) if (!others.has(host)) selected.delete(host);
  }
  for (const part of starting("!")) for (const host of matches(inventory, part, pattern)) selected.delete(host);
  return [...selected];
}

/** The hosts of one part, its sign taken off. */
function matches(inventory: Selectable, part: string, pattern: string): readonly string[] {
  if (inventory.hosts.has(part)) return [part];
  const { base, subscript } = splitSubscript(part);
  const found = named(inventory, base, pattern);
  return subscript ? take(found, subscript, part) : found;
}

function named(inventory: Selectable, base: string, pattern: string): readonly string[] {
  const matcher = matcherOf(base);
  if (!matcher) {
    // A group before a host of its name, as in Ansible; a name without a subscript was looked up already.
    if (inventory.groups.has(base)) return inventory.hostsOf(base);
    if (inventory.hosts.has(base)) return [base];
    const local = inventory.implicit(base);
    if (local !== undefined) return [local];
    throw unknown(inventory, base, pattern);
  }
  const found = new Set<string>();
  for (const group of inventory.groups) {
    if (matcher(group)) for (const host of inventory.hostsOf(group)) found.add(host);
  }
  for (const host of inventory.hosts) if (matcher(host)) found.add(host);
  return [...found];
}

function unknown(inventory: Selectable, name: string, pattern: string): UsageError {
  const where = name === pattern ? "" : ` in pattern ${JSON.stringify(pattern)}`;
  const near = nearest(name, [...inventory.groups, ...inventory.hosts]);
  let remedy = `groups are ${[...inventory.groups].slice(0, 12).join(", ")}`;
  if (near !== undefined) remedy = `did you mean ${near}?`;
  else if (name === "") remedy = "a sign & or ! is followed by a name";
  else if (pattern.includes(",") && name.includes(":"))
    remedy = 'in a pattern with "," a ":" separates nothing: use ","';
  return new UsageError(`found ${JSON.stringify(name)}${where}, expected the name of a host or group\n    ${remedy}`);
}

function take(hosts: readonly string[], subscript: Subscript, part: string): readonly string[] {
  if ("index" in subscript) {
    const host = hosts.at(subscript.index);
    if (hosts.length === 0) return [];
    if (host === undefined) throw new UsageError(`pattern ${part}: there are ${hosts.length} hosts, the first is [0]`);
    return [host];
  }
  return hosts.slice(subscript.from, subscript.to === undefined ? undefined : subscript.to + 1);
}
