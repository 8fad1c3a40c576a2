import test from "ava";
import { cutText, textWidth } from "../../../lib/text/width.ts";

const widths: readonly [title: string, text: string, expected: number][] = [
  ["ASCII takes a cell each", "haproxy", 7],
  ["accents that are composed take a cell", "naïve", 5],
  ["accents that combine take none", "nai\u0308ve", 5],
  ["Chinese, Japanese and Korean take two", "日本語한", 8],
  ["fullwidth forms take two", "Ａ１", 4],
  ["halfwidth katakana takes one", "ｱｲｳ", 3],
  ["emoji take two", "🎉", 2],
  ["zero width joiners take none", "a\u200db", 2],
  ["box drawing and braille take one", "─⠋", 2],
];

for (const [title, text, expected] of widths) {
  test(`width: ${title}`, (t) => t.is(textWidth(text), expected));
}

const cuts: readonly [title: string, text: string, cells: number, mark: string, expected: string][] = [
  ["a text that fits is whole", "haproxy", 7, "…", "haproxy"],
  ["a longer one ends in the mark", "haproxy", 6, "…", "hapro…"],
  ["a mark of several cells has its room", "haproxy", 6, "...", "hap..."],
  ["a wide character is not cut in half", "日本語", 4, "…", "日…"],
  ["an accent stays with its letter", "abe\u0301xx", 3, "", "abe\u0301"],
  ["without room for the mark nothing is left", "haproxy", 2, "...", ""],
];

for (const [title, text, cells, mark, expected] of cuts) {
  test(`cut: ${title}`, (t) => t.is(cutText(text, cells, mark), expected));
}
