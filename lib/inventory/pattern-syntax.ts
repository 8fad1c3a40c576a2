import { UsageError } from "../errors.ts";

/** `[2]`, `[-1]`, or `[1:3]`, both of whose ends belong to it. */
export type Subscript = { readonly index: number } | { readonly from: number; readonly to?: number };

/**
 * Splits a pattern into its parts, each still with its sign. With a comma only commas separate, as in Ansible; else
 * colons do, but not inside brackets, nor inside the name of a host that has colons (an IPv6 address).
 */
export function splitPattern(pattern: string, hosts: ReadonlySet<string>): string[] {
  const whole = pattern.trim();
  const separator = outsideBrackets(whole, ",") ? "," : ":";
  const addresses = separator === ":" ? [...hosts].filter((name) => name.includes(":")) : [];
  // Longest first, so that fe80::1 does not end fe80::12 early.
  addresses.sort((a, b) => b.length - a.length);
  const parts: string[] = [];
  let rest = whole;
  while (rest !== "") {
    const sign = /^\s*[&!]?/.exec(rest)?.[0] ?? "";
    const after = rest.slice(sign.length);
    const address = addresses.find((name) => after.startsWith(name) && /^\s*(?::|$)/.test(after.slice(name.length)));
    const end = sign.length + (address?.length ?? partLength(after, separator));
    parts.push(rest.slice(0, end).trim());
    rest = rest.slice(end).replace(/^\s*[:,]/, "");
  }
  return parts.filter((part) => part !== "");
}

function outsideBrackets(pattern: string, separator: string): boolean {
  return partLength(pattern, separator) < pattern.length;
}

/** How far the first part goes. In a regular expression all brackets hold, elsewhere only square ones. */
function partLength(text: string, separator: string): number {
  const [open, close] = /^[&!]?~/.test(text) ? ["[({", "])}"] : ["[", "]"];
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === "\\") i++;
    else if (open?.includes(char)) depth++;
    else if (close?.includes(char)) depth = Math.max(0, depth - 1);
    else if (char === separator && depth === 0) return i;
  }
  return text.length;
}

/** Takes a subscript off the end of a part. A regular expression has none. */
export function splitSubscript(part: string): { readonly base: string; readonly subscript?: Subscript } {
  const [, base, inside] = /^(.+)\[([-\d:]+)\]$/.exec(part) ?? [];
  if (part.startsWith("~") || base === undefined || inside === undefined) return { base: part };
  const wrong = (expected: string) => new UsageError(`pattern ${part}: found [${inside}], expected ${expected}`);
  if (/^-?\d+$/.test(inside)) return { base, subscript: { index: Number(inside) } };
  const [, from, to] = /^(\d+):(\d*)$/.exec(inside) ?? [];
  if (from === undefined || to === undefined) throw wrong("[0], [-1], [0:2] or [1:]");
  if (to === "") return { base, subscript: { from: Number(from) } };
  if (Number(to) < Number(from)) throw wrong("an end that is not before the beginning");
  return { base, subscript: { from: Number(from), to: Number(to) } };
}

/** A test of names for a glob or a regular expression; undefined for a plain name. */
export function matcherOf(base: string): ((name: string) => boolean) | undefined {
  const expression = base.startsWith("~") ? base.slice(1) : undefined;
  if (expression === undefined && !/[*?[]/.test(base)) return undefined;
  try {
    // As in Ansible a regular expression begins where the name does but need not end there.
    const regex = new RegExp(expression === undefined ? `^${globSource(base)}$` : `^(?:${expression})`, "s");
    return (name) => regex.test(name);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`pattern ${base}: ${reason}`, { cause });
  }
}

/** `*`, `?`, `[abc]`, `[!abc]` as in Python's fnmatch; a bracket that is never closed stands for itself. */
function globSource(glob: string): string {
  return glob.replace(/\*+|\?|\[(!?)(\]?[^\]]*)\]|[^*?[]+|\[/g, (token, not?: string, set?: string) => {
    if (token.startsWith("*")) return ".*";
    if (token === "?") return ".";
    if (set !== undefined) return `[${not === "!" ? "^" : ""}${set.replace(/[\\\][^]/g, "\\$&")}]`;
    return token.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  });
}
