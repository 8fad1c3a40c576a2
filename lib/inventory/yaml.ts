import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  Scalar,
  visit,
  type YAMLMap,
} from "yaml";
import type { Mistake, Place } from "./mistakes.ts";
import { TEMPLATE_REMEDY } from "./remedies.ts";
import { plainScalars } from "./scalars.ts";

/** A YAML file that was read: what is needed to find the place of anything in it again. */
export interface Source {
  readonly file: string;
  readonly lines: LineCounter;
  /** What each alias stands for. The library's own look-up walks the document for every alias. */
  readonly aliases: ReadonlyMap<Alias, Node>;
  /** What values with an anchor come to, so that a thousand aliases of one cost one reading. */
  readonly values: Map<Node, unknown>;
}

/** A key with its value, in a mapping. */
export interface Entry {
  readonly name: string;
  readonly key: Scalar;
  readonly value: Node | null;
}

/** Whom a value belongs to, for messages. */
export interface Owner {
  readonly hosts?: readonly string[];
}

/**
 * Parses one YAML file. Mistakes of syntax are collected, not thrown; the file counts as empty then.
 *
 * @returns the file and its root node, which is null for an empty file
 */
export function parseYaml(file: string, text: string, mistakes: Mistake[]): { source: Source; root: Node | null } {
  const lines = new LineCounter();
  // Unique keys are looked after below: the library's check is quadratic in the keys of a mapping.
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "silent",
    customTags: plainScalars,
  });
  const source: Source = {
    file,
    lines,
    aliases: aliasesOf(text.includes("&") ? document.contents : null),
    values: new Map(),
  };
  const seen = new Set<number | undefined>();
  for (const { message, code, pos } of document.errors) {
    const place = placeAt(source, pos[0]);
    if (seen.has(place.line)) continue;
    seen.add(place.line);
    mistakes.push({ place, problem: `not YAML: ${firstLine(message)}`, remedy: SYNTAX_REMEDIES[code] });
  }
  return { source, root: document.errors.length > 0 ? null : document.contents };
}

const SYNTAX_REMEDIES: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "indent with spaces",
  MULTIPLE_DOCS: "keep one document in a file, without a second ---",
};

/** The place of a node (a key's, for what stands under it), or of the file as a whole. */
export function placeOf(source: Source, node: Node | null | undefined): Place {
  return node?.range ? placeAt(source, node.range[0]) : { file: source.file };
}

function placeAt({ file, lines }: Source, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { file, line, column: col };
}

/** The node that is meant where an alias stands. */
export function follow(source: Source, node: Node | null): Node | null {
  return isAlias(node) ? (source.aliases.get(node) ?? null) : node;
}

/**
 * The keys of a mapping with their values, in order. `<<` is merged as in YAML 1.1. Keys that are given twice, and
 * those that are no names, are mistakes.
 *
 * @param names whether keys have to be names (of hosts, groups, variables); otherwise `80: http` is fine too
 */
export function entriesOf(source: Source, map: YAMLMap, mistakes: Mistake[], owner: Owner = {}, names = true): Entry[] {
  const own = new Map<string, Entry>();
  const merged = new Map<string, Entry>();
  for (const pair of map.items) {
    const key = follow(source, pair.key as Node | null);
    const value = (pair.value ?? null) as Node | null;
    if (!isScalar(key)) {
      const braces = map.flow && isMap(key) && key.flow;
      mistakes.push({
        place: placeOf(source, map),
        ...owner,
        problem: braces ? "found {{ … }}, expected a value" : "found a key that is not a word, expected a name",
        remedy: braces ? TEMPLATE_REMEDY : undefined,
      });
    } else if (key.value === "<<" && key.type === Scalar.PLAIN) {
      for (const entry of mergedInto(source, value, mistakes, owner, names)) {
        if (!merged.has(entry.name)) merged.set(entry.name, entry);
      }
    } else {
      const name = typeof key.value === "string" ? key.value : (key.source ?? "");
      const first = own.get(name);
      const problem = keyProblem(name, key, names) ?? (first && `${name} is there twice`);
      if (problem === undefined) own.set(name, { name, key, value });
      else {
        const remedy = first
          ? `the first is in line ${placeOf(source, first.key).line}: keep one`
          : `quote it: "${name}"`;
        mistakes.push({ place: placeOf(source, key), ...owner, problem, remedy });
      }
    }
  }
  for (const name of own.keys()) merged.delete(name);
  return [...merged.values(), ...own.values()];
}

function keyProblem(name: string, key: Scalar, names: boolean): string | undefined {
  if (name === "__proto__") return "found the name __proto__, which is not allowed";
  if (key.value === null || name === "") return "found an empty key, expected a name";
  if (names && typeof key.value !== "string") return `found ${name} (a ${typeof key.value}) as a key, expected a name`;
  return undefined;
}

function mergedInto(source: Source, node: Node | null, mistakes: Mistake[], owner: Owner, names: boolean): Entry[] {
  const target = follow(source, node);
  if (isMap(target)) return entriesOf(source, target, mistakes, owner, names);
  if (isSeq(target)) return target.items.flatMap((item) => mergedInto(source, item as Node, mistakes, owner, names));
  mistakes.push({ place: placeOf(source, node), ...owner, problem: "found << without a mapping to merge" });
  return [];
}

function aliasesOf(root: Node | null): Map<Alias, Node> {
  const anchors = new Map<string, Node>();
  const aliases = new Map<Alias, Node>();
  if (root === null) return aliases;
  visit(root, {
    Node(_, node) {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (target) aliases.set(node, target);
      } else if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return aliases;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? text;
}
