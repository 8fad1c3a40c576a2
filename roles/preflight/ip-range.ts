import { SocketAddress } from "node:net";
import { parseRange } from "../../lib/params/ip-ranges.ts";

/** A network with an address in it, or a single address, as numbers: IPv6 has many spellings of one address. */
export interface IpRange {
  readonly family: 4 | 6;
  /** As it was written. */
  readonly text: string;
  /** How many bits an address of this family has. */
  readonly bits: 32 | 128;
  readonly prefix: number;
  /** The address in front of the slash: the first of the range, or one inside of it. */
  readonly address: bigint;
  readonly first: bigint;
  readonly last: bigint;
}

/**
 * Reads `10.0.0.0/16`, `fd00::/64`, or an address alone, which is a range of one.
 *
 * @throws RangeError when it is neither: schemas have looked at it before
 */
export function ipRange(text: string): IpRange {
  const [start = "", length] = text.split("/");
  const range = parseRange(text);
  const alone = parseRange(start);
  if (!range || !alone) throw new RangeError(`${JSON.stringify(text)} is no network and no address`);
  const bits = range.family === 4 ? 32 : 128;
  return { ...range, text, bits, prefix: length === undefined ? bits : Number(length), address: alone.first };
}

/** Whether the address in front of the slash of `inner` is one of `range`. */
export function holds(range: IpRange, inner: IpRange): boolean {
  return range.family === inner.family && range.first <= inner.address && inner.address <= range.last;
}

/** The address in front of the slash, in the kernel's own spelling. */
export function addressOf(range: string): string {
  return canonicalAddress(range.split("/")[0] ?? "");
}

/** One spelling for an address, that of the kernel: `2001:DB8::0:1` is `2001:db8::1`. */
export function canonicalAddress(address: string): string {
  return new SocketAddress({ address, family: address.includes(":") ? "ipv6" : "ipv4" }).address;
}

/** The range as it is named by its first address: `10.0.3.7/24` is of `10.0.3.0/24`. */
export function networkOf({ first, bits, prefix }: IpRange): string {
  const parts = bits === 32 ? 4 : 8;
  const width = BigInt(bits / parts);
  const values = Array.from(
    { length: parts },
    (_, index) => (first >> (width * BigInt(parts - 1 - index))) % (1n << width),
  );
  const address = bits === 32 ? values.join(".") : values.map((value) => value.toString(16)).join(":");
  return `${canonicalAddress(address)}/${prefix}`;
}
