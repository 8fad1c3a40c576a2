import test from "ava";
import { clock, duration } from "../../../lib/text/duration.ts";

const durations: readonly [title: string, ms: number, expected: string][] = [
  ["whole milliseconds below a second", 850.4, "850 ms"],
  ["nothing is 0 ms", 0, "0 ms"],
  ["a clock that went back is 0 ms", -3, "0 ms"],
  ["999.6 ms is a second", 999.6, "1.0 s"],
  ["tenths below a minute", 12_345, "12.3 s"],
  ["59.96 s is a minute", 59_960, "1 min"],
  ["minutes and seconds", 125_000, "2 min 5 s"],
  ["119.6 s is two minutes", 119_600, "2 min"],
  ["hours and minutes", 3_725_000, "1 h 2 min"],
  ["59 min 59.9 s is an hour", 3_599_900, "1 h"],
];

for (const [title, ms, expected] of durations) {
  test(`duration: ${title}`, (t) => t.is(duration(ms), expected));
}

const clocks: readonly [title: string, ms: number, expected: string][] = [
  ["begins at 0:00", 0, "0:00"],
  ["counts whole seconds that have passed", 12_999, "0:12"],
  ["counts minutes", 754_000, "12:34"],
  ["counts hours", 3_725_000, "1:02:05"],
];

for (const [title, ms, expected] of clocks) {
  test(`clock ${title}`, (t) => t.is(clock(ms), expected));
}
