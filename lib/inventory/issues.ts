import type { z } from "zod";
import { nearest } from "../text/nearest.ts";
import { keysAt } from "./shape.ts";
import { isSecret, showPath, showValue } from "./show.ts";

/** What a schema finds wrong with variables, one line of a message. */
export interface Problem {
  /** The path of the variable, of the unknown one where it is that. */
  readonly path: readonly PropertyKey[];
  readonly problem: string;
  readonly remedy?: string | undefined;
  /** Whether the variable was not there at all. */
  readonly missing: boolean;
}

/** How a value was written, if that is known: `{ text: "1.30", quoted: false }`. */
export type Written = (path: readonly PropertyKey[]) => { readonly text?: string; readonly quoted?: boolean };

/** Puts the issues of a schema into words: what was found, what was expected, and a remedy where there is one. */
export function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  input: unknown,
  schema: z.ZodType,
  written: Written = () => ({}),
): Problem[] {
  return issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey([...issue.path, key], schema));
    const inner = innerIssues(issue);
    if (inner) return problemsOf(inner, input, schema, written);
    const value = valueAt(input, issue.path);
    const { text, quoted } = value === undefined ? {} : written(issue.path);
    const found = showValue(value, issue.path, typeof value === "string" ? undefined : text);
    const problem = `variable ${showPath(issue.path)}: found ${found}, ${expectation(issue, value)}`;
    const remedy = value === undefined || isSecret(issue.path) ? undefined : quoting(issue, value, text, quoted);
    return [{ path: issue.path, problem, remedy, missing: value === undefined }];
  });
}

function unknownKey(path: readonly PropertyKey[], schema: z.ZodType): Problem {
  const known = keysAt(schema, path.slice(0, -1));
  const near = nearest(String(path.at(-1)), known);
  const some = known.length > 0 && known.length <= 8 ? `known are ${known.join(", ")}` : undefined;
  const remedy = near === undefined ? some : `did you mean ${near}?`;
  return { path, problem: `variable ${showPath(path)}: is unknown`, remedy, missing: false };
}

/** Of a union, the branch that fits best: the one whose mistakes lie deepest, then the one with the fewest. */
function innerIssues(issue: z.core.$ZodIssue): z.core.$ZodIssue[] | undefined {
  if (issue.code !== "invalid_union" || !isDefault(issue.message)) return undefined;
  const nested = issue.errors.filter((branch) => branch.length > 0 && branch.every(({ path }) => path.length > 0));
  const [best] = nested.toSorted((a, b) => a.length - b.length);
  return best?.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
}

function expectation(issue: z.core.$ZodIssue, value: unknown): string {
  const { message } = issue;
  const leaked = value !== undefined && value !== "" && isSecret(issue.path) && message.includes(String(value));
  if (leaked) return "which is not allowed";
  if (issue.code === "invalid_union" && isDefault(message)) {
    const types = issue.errors.flat().map((inner) => expectation(inner, value).replace(/^expected /, ""));
    return types.length > 0 ? `expected ${[...new Set(types)].join(" or ")}` : "which fits none of the alternatives";
  }
  if (!/^(?:Invalid|Too|Unrecognized) /.test(message)) return message;
  if (issue.code === "invalid_value")
    return `expected ${issue.values.map((one) => JSON.stringify(one) ?? String(one)).join(" or ")}`;
  const expected = /^(?:Invalid|Too)\b[^:]*: expected (.+?)(?:, received .*)?$/s.exec(message)?.[1];
  if (expected !== undefined) return `expected ${TYPES[expected] ?? expected}`;
  const kinds = /^Invalid discriminator value\. Expected (.+)$/s.exec(message)?.[1];
  if (kinds !== undefined) return `expected ${kinds.replaceAll(" | ", " or ")}`;
  const must = /^Invalid (\w+): (must .+)$/s.exec(message);
  if (must) return `expected a ${must[1]} that ${must[2]}`;
  const format = /^Invalid (?!input|key|element|discriminator)(.+)$/s.exec(message)?.[1];
  if (format !== undefined) return `expected ${/^(?:[aeio]|IPv)/i.test(format) ? "an" : "a"} ${format}`;
  return message === "Invalid input" ? "which the schema does not allow" : message;
}

const TYPES: Readonly<Record<string, string>> = {
  record: "a mapping",
  object: "a mapping",
  array: "a list",
  int: "a whole number",
  nonoptional: "a value",
};

function isDefault(message: string): boolean {
  return message === "Invalid input" || message.startsWith("Invalid input: ");
}

/** Numbers for texts and texts for numbers: nearly always a matter of quotes. */
function quoting(
  issue: z.core.$ZodIssue,
  value: unknown,
  text: string | undefined,
  quoted: boolean | undefined,
): string | undefined {
  if (issue.code !== "invalid_type" || text === undefined) return undefined;
  if (issue.expected === "string" && (typeof value === "number" || typeof value === "boolean")) {
    return `quote it: "${text}"`;
  }
  const fits =
    (["number", "int"].includes(issue.expected) && /^[-+]?\d+(?:\.\d+)?$/.test(text)) ||
    (issue.expected === "boolean" && /^(?:true|false|yes|no|on|off)$/i.test(text));
  return quoted && fits ? `write it without quotes: ${text}` : undefined;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const part of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value;
}
