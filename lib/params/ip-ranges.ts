import { isIP } from "node:net";
import { z } from "zod";

/** Addresses from one to another, both of them included. */
export interface IpRange {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

/**
 * The range in `10.0.0.0/24`, `10.0.0.10-10.0.0.20` or a single address; `undefined` where it is none of them. In a
 * network the bits of the host may be set: `10.0.0.7/24` is all of 10.0.0.0/24.
 */
export function parseRange(text: string): IpRange | undefined {
  const [start = "", end] = text.split("-", 2).map((part) => part.trim());
  if (end !== undefined) {
    const first = parseAddress(start);
    const last = parseAddress(end);
    if (!first || first.family !== last?.family || first.value > last.value) return undefined;
    return { family: first.family, first: first.value, last: last.value };
  }
  const [, address = "", length] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(start) ?? [];
  const parsed = parseAddress(address);
  if (!parsed) return undefined;
  const bits = parsed.family === 4 ? 32 : 128;
  const prefix = length === undefined ? bits : Number(length);
  if (prefix > bits) return undefined;
  const size = 1n << BigInt(bits - prefix);
  const first = parsed.value - (parsed.value % size);
  return { family: parsed.family, first, last: first + size - 1n };
}

/** Whether two ranges have an address in common. */
export function overlap(a: IpRange, b: IpRange): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last;
}

/** A network with the length of its prefix, the bits of the host zero: `10.244.0.0/16`. */
export const Cidr = z.string().superRefine((text, context) => {
  const range = /\/\d+$/.test(text) ? parseRange(text) : undefined;
  if (!range) {
    context.addIssue("has to be a network with its length, such as 10.244.0.0/16");
  } else if (parseAddress(text.split("/", 1).join())?.value !== range.first) {
    context.addIssue("has bits set behind its length: name the network's first address");
  }
});

/** A network, or the first and the last address of a range: `10.0.0.200-10.0.0.220`. */
export const AddressRange = z
  .string()
  .refine(
    (text) => /[-/]/.test(text) && parseRange(text) !== undefined,
    "has to be a network such as 10.0.0.192/28, or a range such as 10.0.0.200-10.0.0.220",
  );

/** Of several named ranges, the first two that overlap. */
export function firstOverlap(
  ranges: readonly { readonly name: string; readonly range: string }[],
): readonly [string, string] | undefined {
  const parsed = ranges.flatMap(({ name, range }) => {
    const parts = parseRange(range);
    return parts ? [{ name: `${name} ${range}`, parts }] : [];
  });
  for (const [index, a] of parsed.entries()) {
    const b = parsed.slice(index + 1).find(({ parts }) => overlap(a.parts, parts));
    if (b) return [a.name, b.name];
  }
  return undefined;
}

function parseAddress(text: string): { readonly family: 4 | 6; readonly value: bigint } | undefined {
  const family = isIP(text);
  if (family === 4) return { family: 4, value: joinBits(text.split(".").map(Number), 8n) };
  if (family === 6 && !text.includes("%")) return { family: 6, value: joinBits(groupsOf(text), 16n) };
  return undefined;
}

function joinBits(parts: readonly number[], width: bigint): bigint {
  return parts.reduce((value, part) => (value << width) | BigInt(part), 0n);
}

/** The eight groups of an IPv6 address; its last two may be written as an IPv4 address. */
function groupsOf(text: string): readonly number[] {
  const plain = text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => {
    return `${((Number(a) << 8) | Number(b)).toString(16)}:${((Number(c) << 8) | Number(d)).toString(16)}`;
  });
  const [head = "", tail] = plain.split("::");
  const groups = (part: string) => (part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16)));
  if (tail === undefined) return groups(head);
  const left = groups(head);
  const right = groups(tail);
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
}
