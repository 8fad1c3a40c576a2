import { parseArgs } from "node:util";
import { parse as parseYaml } from "yaml";
import { UsageError } from "../errors.ts";
import { nearest } from "../text/nearest.ts";

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

interface Flag {
  readonly type: "string" | "boolean";
  readonly short?: string;
  readonly multiple?: boolean;
  /** How its value is shown in the help. */
  readonly value?: string;
  readonly help: string;
}

const FLAGS: Readonly<Record<string, Flag>> = {
  inventory: {
    type: "string",
    short: "i",
    multiple: true,
    value: "PATH",
    help: "inventory file or folder; may be repeated",
  },
  limit: {
    type: "string",
    short: "l",
    value: "PATTERN",
    help: "only these hosts: web:&prod:!db-1, cp[0:1], web*, ~regex",
  },
  only: { type: "string", multiple: true, value: "ROLE,…", help: "only these roles" },
  skip: { type: "string", multiple: true, value: "ROLE,…", help: "all roles but these" },
  check: { type: "boolean", short: "C", help: "say what would change, and change nothing" },
  diff: { type: "boolean", short: "D", help: "show the text of files before and after" },
  forks: { type: "string", short: "f", value: "N", help: "how many hosts at a time (default 50)" },
  "extra-vars": {
    type: "string",
    short: "e",
    multiple: true,
    value: "VARS",
    help: "key=value, a JSON object, or @file.yaml",
  },
  "list-hosts": { type: "boolean", help: "print the hosts of each play, and end" },
  "list-roles": { type: "boolean", help: "print the roles of each play, and end" },
  "list-tasks": { type: "boolean", help: "print the tasks of each role, and end" },
  json: { type: "boolean", help: "print events as JSON lines; the last one is the recap" },
  verbose: { type: "boolean", short: "v", help: "print unchanged tasks too, with their reasons" },
  "detailed-exitcode": { type: "boolean", help: "end with 2 when something changed, or would" },
  help: { type: "boolean", short: "h", help: "print this" },
};

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

type ParsedExtraVars = { readonly vars: string | Record<string, unknown> } | { readonly mistake: string };

/** `@file`, a JSON or YAML mapping, or `key=value` words whose values are read as YAML scalars: 7443 is a number. */
function parseExtraVars(text: string): ParsedExtraVars {
  if (text.startsWith("@")) return { vars: text.slice(1) };
  const shown = `--extra-vars ${JSON.stringify(text)}`;
  if (text.trimStart().startsWith("{")) {
    try {
      const value: unknown = parseYaml(text);
      if (typeof value === "object" && value !== null && !Array.isArray(value)) return { vars: { ...value } };
      return { mistake: `${shown} is not a mapping` };
    } catch (error) {
      return { mistake: `${shown}: ${(error as Error).message.split("\n")[0]}` };
    }
  }
  const vars: Record<string, unknown> = {};
  for (const word of text.match(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g) ?? []) {
    const [, name, value] = /^([A-Za-z_][\w]*)=(.*)$/s.exec(word) ?? [];
    if (name === undefined || value === undefined)
      return { mistake: `${shown}: ${JSON.stringify(word)} is not key=value` };
    vars[name] = parseYaml(value);
  }
  return { vars };
}

/** The text of `--help`. */
export function helpText(playbook: string, description: string | undefined): string {
  const rows = Object.entries(FLAGS).map(([name, { short, value, help }]) => {
    const left = `  ${short ? `-${short}, ` : "    "}--${name}${value ? ` ${value}` : ""}`;
    return `${left.padEnd(30)} ${help}`;
  });
  return `${[
    `Usage: npx zx ${playbook} [flags]`,
    ...(description ? ["", description] : []),
    "",
    ...rows,
    "",
    "Exit codes: 0 done; 1 a host failed; 2 with --detailed-exitcode: something changed, or would;",
    "3 arguments, inventory or parameters are wrong; 4 a host is unreachable; 130 interrupted.",
  ].join("\n")}\n`;
}
