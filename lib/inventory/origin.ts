import { isAlias, isMap, isScalar, isSeq, type Node, type Scalar } from "yaml";
import type { Variable } from "./draft.ts";
import type { Place } from "./mistakes.ts";
import { follow, placeOf, type Source } from "./yaml.ts";

/** The place of a value, and how it is written there if it is a plain word. */
export interface Origin extends Place {
  readonly text?: string;
  /** Whether it is in quotes. */
  readonly quoted?: boolean;
}

/**
 * Finds where a variable, or what is at a path inside it, was written. Of a value under a key it is the key's place;
 * of what does not exist, that of the innermost thing around it which does.
 */
export function originOf({ written }: Variable, path: readonly PropertyKey[] = []): Origin {
  if (!written) return { file: "--extra-vars" };
  const { source } = written;
  let mark: Node = written.key;
  let node = follow(source, written.node);
  for (const part of path) {
    const step = into(source, node, part);
    if (!step) break;
    mark = step.mark;
    node = follow(source, step.node);
  }
  const place = placeOf(source, mark);
  if (!isScalar(node) || node.source === undefined) return place;
  return { ...place, text: node.source, quoted: node.type !== "PLAIN" };
}

function into(source: Source, node: Node | null, part: PropertyKey): { mark: Node; node: Node | null } | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(part)] as Node | undefined;
    return item && { mark: item, node: item };
  }
  if (!isMap(node)) return undefined;
  let inherited: { mark: Node; node: Node | null } | undefined;
  for (const pair of node.items) {
    const key = pair.key as Node;
    const name = isAlias(key) ? follow(source, key) : key;
    if (!isScalar(name)) continue;
    if ((name as Scalar).value === "<<") inherited ??= merged(source, pair.value as Node | null, part);
    else if (String(name.value) === String(part) || name.source === String(part)) {
      return { mark: key, node: (pair.value ?? null) as Node | null };
    }
  }
  return inherited;
}

function merged(source: Source, node: Node | null, part: PropertyKey): { mark: Node; node: Node | null } | undefined {
  const target = follow(source, node);
  if (!isSeq(target)) return into(source, target, part);
  for (const item of target.items) {
    const found = into(source, follow(source, item as Node), part);
    if (found) return found;
  }
  return undefined;
}
