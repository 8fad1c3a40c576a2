import { stripVTControlCharacters } from "node:util";

/** C0 but the tab, DEL, C1 (8-bit CSI and OSC among them), and a surrogate without its other half. */
const CONTROL = /[\0-\x08\x0a-\x1f\x7f-\x9f]|\p{Surrogate}/gu;

/** What is not seen and changes what is seen: direction marks and overrides, line separators, zero widths, tags. */
const HIDDEN = /[\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;

/**
 * The text with everything in it made visible that could move a terminal's cursor, recolour it, set its title or turn
 * its text around: `^[` for ESC, as `cat -v` writes it, `<U+202E>` for a direction override. Tabs are kept.
 *
 * No text of a host may reach a terminal without this.
 *
 * @example
 * visible("\x1b[2Jgone"); // "^[[2Jgone"
 */
export function visible(text: string): string {
  return text.replaceAll(CONTROL, caret).replaceAll(HIDDEN, codePoint);
}

/**
 * A line that a program printed, as a person would have read it in the end: colours and other escape sequences are
 * removed, a line that was drawn over after a carriage return is its last state, tabs are spaces, and what control
 * characters are left are made visible.
 *
 * @example
 * printable(" 10%\r 50%\r\x1b[32m100%\x1b[0m done\r"); // "100% done"
 */
export function printable(line: string): string {
  const drawn = stripVTControlCharacters(line).replace(/[\r\n]+$/, "");
  const last = drawn.slice(drawn.lastIndexOf("\r") + 1);
  return visible(last.replaceAll("\t", "    ").replaceAll(/[\x07\x08]/g, ""));
}

function caret(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return `^${String.fromCharCode(code + 0x40)}`;
  return code === 0x7f ? "^?" : codePoint(character);
}

function codePoint(character: string): string {
  return `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}>`;
}
