import { InventoryError } from "../errors.ts";

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const MOST = 100_000;

/** The hosts that a key under `hosts:` stands for. */
export interface HostNames {
  readonly names: readonly string[];
  /** From `name:2222`. */
  readonly port?: number;
}

/**
 * Expands the name of a host as Ansible does: `node[01:12]`, `node[a:c]`, `node[1:10:2]`, several ranges in a name
 * (the last changes fastest), and a port at its end. Both ends of a range belong to it; a leading zero fixes the
 * width.
 *
 * @param name a key under `hosts:`
 * @throws InventoryError when a range is not one; the message is for a line that already has the place
 * @example
 * expandHostNames("rack[1:2]-node[a:b]:2222");
 * // { names: ["rack1-nodea", "rack1-nodeb", "rack2-nodea", "rack2-nodeb"], port: 2222 }
 * @see Ansible, "How to build your inventory", Adding ranges of hosts
 */
export function expandHostNames(name: string): HostNames {
  const { base, port } = splitPort(name);
  const names = expandRanges(base, MOST);
  return port === undefined ? { names } : { names, port };
}

/** One colon outside of brackets that is followed by digits alone is a port: an IPv6 address has more colons. */
function splitPort(name: string): { base: string; port?: number } {
  const match = /^\[([^[\]]*:[^[\]]*:[^[\]]*)\]:(\d+)$/.exec(name) ?? /^((?:[^:[\]]|\[[^\]]*\])+):(\d+)$/.exec(name);
  const [, base, digits] = match ?? [];
  if (base === undefined || digits === undefined) return { base: name };
  const port = Number(digits);
  if (port < 1 || port > 65_535) throw new InventoryError(`found port ${digits}, expected 1 to 65535`);
  return { base, port };
}

function expandRanges(name: string, most: number): string[] {
  const open = name.indexOf("[");
  if (open < 0) {
    if (name.includes("]")) throw new InventoryError(`found "]" without "[" before it`);
    return [name];
  }
  const close = name.indexOf("]", open);
  if (close < 0) throw new InventoryError(`found "[" without "]" after it`);
  const head = name.slice(0, open);
  if (head.includes("]")) throw new InventoryError(`found "]" without "[" before it`);
  const values = rangeValues(name.slice(open + 1, close), most);
  const tails = expandRanges(name.slice(close + 1), Math.floor(most / values.length));
  return values.flatMap((value) => tails.map((tail) => head + value + tail));
}

function rangeValues(range: string, most: number): string[] {
  const [first = "", last = "", step = "1", ...more] = range.split(":");
  const by = /^\d+$/.test(step) ? Number(step) : 0;
  if (!range.includes(":") || more.length > 0 || by === 0) {
    throw new InventoryError(`found [${range}], expected a range such as [1:9], [01:12:2] or [a:f]`);
  }
  if (last === "") throw new InventoryError(`found [${range}], a range without an end`);
  const letters = first.length === 1 && LETTERS.includes(first);
  const bounds = letters ? [LETTERS.indexOf(first), LETTERS.indexOf(last)] : [whole(first || "0"), whole(last)];
  const [from, to] = bounds;
  if (from === undefined || to === undefined || from < 0 || to < 0 || (letters && last.length !== 1)) {
    throw new InventoryError(`found [${range}], expected two numbers or two letters`);
  }
  if (from > to) throw new InventoryError(`found [${range}], which ends before it begins`);
  const width = !letters && first.length > 1 && first.startsWith("0") ? first.length : 0;
  if (width > 0 && last.length !== width) {
    throw new InventoryError(`found [${range}], expected as many digits at its end as at its beginning`);
  }
  const count = Math.floor((to - from) / by) + 1;
  if (count > most) throw new InventoryError(`found [${range}], expected no more than ${MOST} hosts of one name`);
  return Array.from({ length: count }, (_, i) =>
    letters ? LETTERS.charAt(from + i * by) : String(from + i * by).padStart(width, "0"),
  );
}

function whole(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : -1;
}
