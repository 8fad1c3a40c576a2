import { parseArgs } from "node:util";
import { UsageError } from "../errors.ts";
import { nearest } from "../text/nearest.ts";
import { parseExtraVars } from "./extra-vars.ts";
import { FLAGS } from "./flags.ts";

/** What a playbook was called with. */
export interface Arguments {
  /** Empty: the playbook's own. */
  readonly inventory: readonly string[];
  readonly limit: string | undefined;
  /** Names of roles; empty: all. */
  readonly only: readonly string[];
  readonly skip: readonly string[];
  readonly check: boolean;
  readonly diff: boolean;
  readonly forks: number | undefined;
  /** Paths of YAML files, or variables by name; the later counts more. */
  readonly extraVars: readonly (string | Readonly<Record<string, unknown>>)[];
  readonly list: "hosts" | "roles" | "tasks" | undefined;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly detailedExitcode: boolean;
  readonly help: boolean;
}

/**
 * Reads a playbook's arguments. Strict: a flag that does not exist, lacks its value, or has one too many is an error,
 * and so is a word that belongs to no flag.
 *
 * @throws UsageError with all mistakes, the nearest flag beside a mistyped one
 */
export function parseArguments(args: readonly string[]): Arguments {
  const options = Object.fromEntries(
    Object.entries(FLAGS).map(([name, { type, short, multiple }]) => [
      name,
      { type, ...(short && { short }), ...(multiple && { multiple }) },
    ]),
  );
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const mistakes: string[] = [];
  const values = new Map<string, string[]>();
  const set = new Set<string>();
  for (const token of tokens) {
    if (token.kind === "positional") {
      mistakes.push(`${JSON.stringify(token.value)} belongs to no flag`);
    } else if (token.kind === "option") {
      const flag = FLAGS[token.name];
      if (!flag) mistakes.push(unknownFlag(token.rawName));
      else if (flag.type === "boolean" && token.value !== undefined) mistakes.push(`${token.rawName} takes no value`);
      else if (
        flag.type === "string" &&
        (token.value === undefined || (!token.inlineValue && token.value.startsWith("--")))
      )
        mistakes.push(`${token.rawName} needs a value: ${token.rawName} ${flag.value}`);
      else if (set.has(token.name) && !flag.multiple && flag.type === "string")
        mistakes.push(`${token.rawName} is given twice`);
      else {
        set.add(token.name);
        values.set(token.name, [...(values.get(token.name) ?? []), token.value ?? ""]);
      }
    }
  }
  const forks = values.get("forks")?.[0];
  if (forks !== undefined && !/^[1-9]\d{0,4}$/.test(forks)) {
    mistakes.push(`--forks is ${JSON.stringify(forks)}, has to be a number from 1 to 99999`);
  }
  const lists = (["hosts", "roles", "tasks"] as const).filter((what) => set.has(`list-${what}`));
  if (lists.length > 1) mistakes.push(`--list-${lists.join(" and --list-")} cannot be given together`);
  const extraVars = (values.get("extra-vars") ?? []).flatMap((text) => {
    const parsed = parseExtraVars(text);
    if (!("mistake" in parsed)) return [parsed.vars];
    mistakes.push(parsed.mistake);
    return [];
  });
  if (mistakes.length > 0) {
    throw new UsageError(`arguments:\n${mistakes.map((each) => `  ${each}`).join("\n")}\nall flags: --help`);
  }
  const words = (name: string) =>
    (values.get(name) ?? []).flatMap((text) => text.split(",")).filter((word) => word !== "");
  return {
    inventory: values.get("inventory") ?? [],
    limit: values.get("limit")?.[0],
    only: words("only"),
    skip: words("skip"),
    check: set.has("check"),
    diff: set.has("diff"),
    forks: forks === undefined ? undefined : Number(forks),
    extraVars,
    list: lists[0],
    json: set.has("json"),
    verbose: set.has("verbose"),
    detailedExitcode: set.has("detailed-exitcode"),
    help: set.has("help"),
  };
}

function unknownFlag(name: string): string {
  const near = nearest(name.replace(/^-+/, ""), Object.keys(FLAGS));
  return `${name} is no flag${near ? `; did you mean --${near}?` : ""}`;
}
