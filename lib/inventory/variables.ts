import { isMap, type YAMLMap } from "yaml";
import type { Variable, Variables } from "./draft.ts";
import { readText } from "./files.ts";
import type { Mistake } from "./mistakes.ts";
import { TEMPLATE_REMEDY } from "./remedies.ts";
import { isTemplate, toValue } from "./values.ts";
import { entriesOf, type Owner, parseYaml, placeOf, type Source } from "./yaml.ts";

/** Variables from the command line, as they are or as the path of a YAML file (`-e @file`). */
export type ExtraVars = Readonly<Record<string, unknown>> | string;

/** The variables of a mapping. A name that Ansible does not accept for a variable is a mistake. */
export function readVariables(source: Source, map: YAMLMap, mistakes: Mistake[], owner: Owner = {}): Variable[] {
  return entriesOf(source, map, mistakes, owner).map(({ name, key, value }) => {
    const problem = variableNameProblem(name);
    if (problem) mistakes.push({ place: placeOf(source, key), ...owner, ...problem });
    return { name, value: toValue(source, value, [name], mistakes, owner), written: { source, key, node: value } };
  });
}

/** @see Ansible, "Using variables", Creating valid variable names */
export function variableNameProblem(name: string): { problem: string; remedy: string } | undefined {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return undefined;
  return {
    problem: `found ${JSON.stringify(name)}, expected the name of a variable`,
    remedy: "a name has letters, digits and _, and begins with a letter or _",
  };
}

/** The variables of a file of `group_vars` or `host_vars`, or of one given by `-e @file`. */
export function readVarsFile(file: string, mistakes: Mistake[], hosts: readonly string[] = []): Variable[] {
  const text = readText(file, mistakes);
  if (text === undefined) return [];
  const { source, root } = parseYaml(file, text, mistakes);
  if (isMap(root)) return readVariables(source, root, mistakes, { hosts });
  const empty = root === null || ("value" in root && root.value === null);
  if (!empty) mistakes.push({ place: placeOf(source, root), problem: "found no mapping, expected name: value" });
  return [];
}

/** The variables from the command line. */
export function extraVariables(extra: ExtraVars | readonly ExtraVars[], mistakes: Mistake[]): Variables {
  const merged = new Map<string, Variable>();
  const list = (Array.isArray(extra) ? extra : [extra]) as readonly ExtraVars[];
  const place = { file: "--extra-vars" };
  for (const one of list) {
    const variables: Variable[] =
      typeof one === "string"
        ? readVarsFile(one, mistakes)
        : Object.entries(one).map(([name, value]) => ({ name, value }));
    for (const variable of variables) {
      const { name, value, written } = variable;
      merged.set(name, variable);
      if (written) continue;
      const wrong = variableNameProblem(name);
      if (wrong) mistakes.push({ place, ...wrong });
      if (typeof value === "string" && isTemplate(value)) {
        mistakes.push({ place, problem: `variable ${name}: found a template`, remedy: TEMPLATE_REMEDY });
      }
    }
  }
  return merged;
}
