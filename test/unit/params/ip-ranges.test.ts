import test from "ava";
import { AddressRange, Cidr, firstOverlap, overlap, parseRange } from "../../../lib/params/ip-ranges.ts";

const ends = (text: string) => {
  const range = parseRange(text);
  return range && `${range.family} ${range.first.toString(16)} ${range.last.toString(16)}`;
};

const ranges: readonly [string, string | undefined][] = [
  ["10.0.0.0/24", "4 a000000 a0000ff"],
  ["10.0.0.7/24", "4 a000000 a0000ff"],
  ["10.0.0.7", "4 a000007 a000007"],
  ["10.0.0.200-10.0.0.220", "4 a0000c8 a0000dc"],
  ["10.0.0.200 - 10.0.0.220", "4 a0000c8 a0000dc"],
  ["0.0.0.0/0", "4 0 ffffffff"],
  ["2001:db8::/64", "6 20010db8000000000000000000000000 20010db800000000ffffffffffffffff"],
  ["::1", "6 1 1"],
  ["::ffff:10.0.0.1", "6 ffff0a000001 ffff0a000001"],
  ["10.0.0.9-10.0.0.1", undefined],
  ["10.0.0.1-2001:db8::1", undefined],
  ["10.0.0.0/33", undefined],
  ["fe80::1%eth0", undefined],
  ["10.0.0", undefined],
  ["", undefined],
];

for (const [text, expected] of ranges) {
  test(`${JSON.stringify(text)} is ${expected ?? "no range"}`, (t) => t.is(ends(text), expected));
}

test("ranges overlap by one address, and never across families", (t) => {
  const both = (a: string, b: string) => {
    const [left, right] = [parseRange(a), parseRange(b)];
    return left !== undefined && right !== undefined && overlap(left, right);
  };
  t.true(both("10.0.0.0/24", "10.0.0.255-10.0.1.3"));
  t.false(both("10.0.0.0/24", "10.0.1.0/24"));
  t.true(both("10.0.0.0/8", "10.244.0.0/16"));
  t.false(both("0.0.0.0/0", "::/0"));
});

test("the first overlap is told with the names of both", (t) => {
  const a = { name: "pods", range: "10.96.0.0/16" };
  const b = { name: "services", range: "10.96.0.0/12" };
  t.deepEqual(firstOverlap([a, { name: "hosts", range: "10.0.0.0/24" }, b]), [
    "pods 10.96.0.0/16",
    "services 10.96.0.0/12",
  ]);
  t.is(firstOverlap([a]), undefined);
});

test("a network is named by its first address", (t) => {
  t.is(Cidr.parse("10.244.0.0/16"), "10.244.0.0/16");
  t.regex(Cidr.safeParse("10.244.1.0/16").error?.message ?? "", /has bits set behind its length/);
  t.regex(Cidr.safeParse("10.244.0.0").error?.message ?? "", /has to be a network with its length/);
  t.true(Cidr.safeParse("fd00:10::/56").success);
});

test("an address alone is no range of a pool", (t) => {
  t.false(AddressRange.safeParse("10.0.0.1").success);
  t.true(AddressRange.safeParse("10.0.0.1/32").success);
  t.true(AddressRange.safeParse("10.0.0.1-10.0.0.1").success);
});
