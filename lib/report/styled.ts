import type { ChalkInstance } from "chalk";
import { visible } from "../text/printable.ts";
import { cutText, textWidth } from "../text/width.ts";

/** What a piece of text is; {@link paint} knows what that looks like. */
export type Style =
  | "plain"
  | "title"
  | "dim"
  | "good"
  | "changed"
  | "unknown"
  | "failed"
  | "added"
  | "removed"
  | "hunk";

/** A piece of a line, harmless to a terminal, without any colour of its own: widths are counted on it. */
export interface Span {
  readonly style: Style;
  readonly text: string;
}

export type Line = readonly Span[];

/** The only way to make a span: whatever text comes in, nothing that controls a terminal goes out. */
export function span(style: Style, text: string): Span {
  return { style, text: visible(text) };
}

export function plain(text: string): Span {
  return span("plain", text);
}

export function lineWidth(line: Line): number {
  return line.reduce((sum, { text }) => sum + textWidth(text), 0);
}

/** The line filled up with spaces on its right. */
export function padLine(line: Line, cells: number): Line {
  const missing = cells - lineWidth(line);
  return missing > 0 ? [...line, plain(" ".repeat(missing))] : line;
}

/** The line cut to so many cells, the last of them `mark` where something is missing. */
export function cutLine(line: Line, cells: number, mark: string): Line {
  if (lineWidth(line) <= cells) return line;
  const kept: Span[] = [];
  let room = cells;
  for (const { style, text } of line) {
    const width = textWidth(text);
    // A span that only just fits is cut as well: there is more behind it, and the mark needs its room.
    if (width + textWidth(mark) > room) {
      kept.push({ style, text: cutText(text + " ".repeat(room), room, mark) });
      break;
    }
    kept.push({ style, text });
    room -= width;
  }
  return kept;
}

/**
 * The line in rows of at most `cells`, broken at spaces only; a word that is longer stands on a row of its own. All
 * rows begin with `indent`, and those after the first with `hanging` more.
 */
export function wrapLine(line: Line, cells: number, { indent = 0, hanging = 0 } = {}): readonly Line[] {
  const rows: Span[][] = [];
  let row: Span[] = [];
  let width = 0;
  for (const { gap, word } of wordsOf(line)) {
    const needed = lineWidth(gap) + lineWidth(word);
    if (row.length > 0 && width + needed > cells) {
      rows.push(row);
      row = [];
    }
    if (row.length === 0) {
      const margin = indent + (rows.length > 0 ? hanging : 0);
      const lead = rows.length > 0 ? [] : gap;
      row = [...(margin > 0 ? [plain(" ".repeat(margin))] : []), ...lead, ...word];
      width = lineWidth(row);
    } else {
      row.push(...gap, ...word);
      width += needed;
    }
  }
  return row.length > 0 ? [...rows, row] : rows;
}

/** A word may reach over several spans; it comes with the spaces before it. */
function wordsOf(line: Line): readonly { readonly gap: Span[]; readonly word: Span[] }[] {
  const words: { gap: Span[]; word: Span[] }[] = [];
  let current: { gap: Span[]; word: Span[] } = { gap: [], word: [] };
  for (const { style, text } of line) {
    for (const piece of text.split(/( +)/)) {
      if (piece === "") continue;
      if (piece.startsWith(" ")) {
        if (current.word.length > 0) {
          words.push(current);
          current = { gap: [], word: [] };
        }
        current.gap.push({ style, text: piece });
      } else {
        current.word.push({ style, text: piece });
      }
    }
  }
  return current.word.length > 0 ? [...words, current] : words;
}

/** The line as it goes to a terminal. */
export function paint(line: Line, chalk: ChalkInstance): string {
  return line.map(({ style, text }) => inks[style](chalk)(text)).join("");
}

const inks: Readonly<Record<Style, (chalk: ChalkInstance) => (text: string) => string>> = {
  plain: () => (text) => text,
  title: (chalk) => chalk.bold,
  dim: (chalk) => chalk.dim,
  good: (chalk) => chalk.green,
  changed: (chalk) => chalk.yellow,
  unknown: (chalk) => chalk.magenta,
  failed: (chalk) => chalk.red,
  added: (chalk) => chalk.green,
  removed: (chalk) => chalk.red,
  hunk: (chalk) => chalk.cyan,
};
