import { isAlias, isMap, isScalar, isSeq, type Node } from "yaml";
import type { Mistake } from "./mistakes.ts";
import { TEMPLATE_REMEDY, VAULT_REMEDY } from "./remedies.ts";
import { showPath, showValue } from "./show.ts";
import { entriesOf, follow, type Owner, placeOf, type Source } from "./yaml.ts";

/**
 * The value of a node, its YAML type kept. It may be shared between hosts, so it is frozen. What cannot be a value
 * (`!vault`, a template, an integer beyond 2^53) is a mistake.
 */
export function toValue(
  source: Source,
  node: Node | null,
  path: readonly PropertyKey[],
  mistakes: Mistake[],
  owner: Owner,
): unknown {
  const target = follow(source, node);
  if (target === null) return null;
  const anchored = isAlias(node) || ("anchor" in target && target.anchor !== undefined);
  if (anchored && source.values.has(target)) return source.values.get(target);
  // Meanwhile an alias to what it stands in is null.
  if (anchored) source.values.set(target, null);
  const value = read(source, target, path, mistakes, owner);
  if (anchored) source.values.set(target, value);
  return value;
}

function read(source: Source, node: Node, path: readonly PropertyKey[], mistakes: Mistake[], owner: Owner): unknown {
  const wrong = tagProblem(node) ?? scalarProblem(node, path);
  if (wrong) {
    const [problem, remedy] = wrong;
    mistakes.push({
      place: placeOf(source, node),
      ...owner,
      problem: `variable ${showPath(path)}: ${problem}`,
      remedy,
    });
    return null;
  }
  if (isScalar(node)) return node.value;
  if (isSeq(node)) {
    return Object.freeze(
      node.items.map((item, index) => toValue(source, item as Node, [...path, index], mistakes, owner)),
    );
  }
  if (!isMap(node)) return null;
  const result: Record<string, unknown> = {};
  for (const { name, value } of entriesOf(source, node, mistakes, owner, false)) {
    result[name] = toValue(source, value, [...path, name], mistakes, owner);
  }
  return Object.freeze(result);
}

function tagProblem(node: Node): readonly [problem: string, remedy?: string] | undefined {
  const tag = node.tag;
  if (tag === undefined || tag === "!" || tag === "!unsafe" || KNOWN_TAG.test(tag)) return undefined;
  if (tag === "!vault" || tag === "!vault-encrypted") return ["found !vault, which is not supported", VAULT_REMEDY];
  return [`found the tag ${tag.replace("tag:yaml.org,2002:", "!!")}, which is not supported`];
}

const KNOWN_TAG = /^tag:yaml\.org,2002:(?:map|seq|str|null|bool|int|float)$/;

function scalarProblem(
  node: Node,
  path: readonly PropertyKey[],
): readonly [problem: string, remedy: string] | undefined {
  if (!isScalar(node)) return undefined;
  const { value } = node;
  if (typeof value === "string" && node.tag !== "!unsafe" && isTemplate(value)) {
    return [`found a template, ${showValue(value, path)}`, TEMPLATE_REMEDY];
  }
  if (typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return [`found ${node.source}, which is too large for a number`, `quote it: "${node.source}"`];
  }
  return undefined;
}

/** Whether a text is a Jinja template to Ansible. */
export function isTemplate(text: string): boolean {
  return text.includes("{") && /\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}/.test(text);
}
