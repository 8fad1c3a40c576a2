import test from "ava";
import { asciiJson, goJson } from "../../../lib/kubernetes/go-json.ts";

/** What helm 3.21.4 printed for `get values -o json`, and the values that it was given. */
const rows: readonly [string, unknown, string][] = [
  ["keys are sorted by bytes, not by how languages sort", { b: 1, B: 2, ä: 3, a: 4 }, '{"B":2,"a":4,"b":1,"ä":3}'],
  ["what would be HTML is escaped", { text: "<&>\u2028\u2029" }, '{"text":"\\u003c\\u0026\\u003e\\u2028\\u2029"}'],
  ["control characters are written as Go does", ["\b\f\n\r\t\u0001\u007f"], '["\\b\\f\\n\\r\\t\\u0001\u007f"]'],
  [
    "numbers have an exponent where Go writes one",
    [1, 1.5, 1e20, 1e21, 1e-6, 1e-7, -0],
    "[1,1.5,100000000000000000000,1e+21,0.000001,1e-7,-0]",
  ],
  ["half a character is the mark for that", ["\ud800"], '["\ufffd"]'],
  ["members without a value are left out, null is kept", { a: undefined, b: null }, '{"b":null}'],
  ["nothing in it", {}, "{}"],
];

for (const [title, value, expected] of rows) {
  test(title, (t) => {
    t.is(goJson(value), expected);
  });
}

test("what travels in a shell text is ASCII, and the same value", (t) => {
  const value = { text: "ä 😀 \u2028 \u007f '" };
  t.regex(asciiJson(value), /^[\x20-\x7e]+$/);
  t.deepEqual(JSON.parse(asciiJson(value)), value);
});
