import test from "ava";
import { printable, visible } from "../../../lib/text/printable.ts";

const lines: readonly [title: string, line: string, expected: string][] = [
  ["a plain line is as it was", "Setting up haproxy (2.6.12-1) ...", "Setting up haproxy (2.6.12-1) ..."],
  ["colours are removed", "\x1b[1;31mE:\x1b[0m no such package", "E: no such package"],
  ["a cleared screen and a moved cursor are removed", "\x1b[2J\x1b[1;1Hgone", "gone"],
  ["a window title is removed", "\x1b]0;pwned\x07text", "text"],
  ["a link is removed, its text kept", "\x1b]8;;http://evil\x1b\\click\x1b]8;;\x1b\\", "click"],
  ["a clipboard write is removed", "\x1b]52;c;cm0gLXJmIC8=\x07ls", "ls"],
  ["a progress line is its last state", "  1%\r 50%\r100%", "100%"],
  ["the end of a DOS line is nothing", "done\r\n", "done"],
  ["a device control string cannot begin", "\x1bP+q544e\x1b\\", "+q544e^[\\"],
  ["a sequence that forms when another is removed stays harmless", "\x1b\x1b[31m[2J", "^[[2J"],
  ["an unfinished sequence stays harmless", "wait\x1b[", "wait^[["],
  ["8-bit control sequences are shown", "\x9d0;title\x9c", "<U+009D>0;title<U+009C>"],
  ["backspaces and bells are dropped", "a\x08b\x07", "ab"],
  ["tabs are spaces", "a\tb", "a    b"],
  ["a direction override is shown", "user\u202etxt.exe", "user<U+202E>txt.exe"],
  ["a line separator is shown", "a\u2028b", "a<U+2028>b"],
  ["half a surrogate pair is shown", "a\ud800b", "a<U+D800>b"],
  ["letters of any script are kept", "日本語 naïve Ω 🎉", "日本語 naïve Ω 🎉"],
];

for (const [title, line, expected] of lines) {
  test(`printable: ${title}`, (t) => t.is(printable(line), expected));
}

test("visible keeps tabs and shows every other control character", (t) => {
  t.is(visible("key:\tvalue\r\x1b[31m\0\x7f"), "key:\tvalue^M^[[31m^@^?");
});

test("visible lets no control character through, and what it made passes unchanged", (t) => {
  const all = Array.from({ length: 0x180 }, (_, code) => String.fromCharCode(code)).join("");
  t.notRegex(visible(all).replaceAll("\t", ""), /\p{Cc}/u);
  t.is(visible(visible(all)), visible(all));
});
