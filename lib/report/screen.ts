import type { ChalkInstance } from "chalk";
import { type Line, lineWidth, paint } from "./styled.ts";

export interface ScreenOptions {
  write(text: string): void;
  columns(): number;
  readonly chalk: ChalkInstance;
}

/** Where lines go: those that stay, and on a terminal a block below them that is drawn again and again. */
export interface Screen {
  /** Writes lines that stay, and the block below them. */
  print(lines: readonly Line[], block: readonly Line[]): void;
}

/** Lines, one after the other; there is no block. */
export function plainScreen({ write, chalk }: ScreenOptions): Screen {
  return {
    print(lines) {
      if (lines.length > 0) write(lines.map((line) => `${paint(line, chalk)}\n`).join(""));
    },
  };
}

const ESC = "\u001b[";

/**
 * A terminal. Each call takes the block away, writes the lines that stay, and draws the block again below them, all in
 * one write, so that the two are never seen mixed. The cursor rests below the block and is never hidden: a program that
 * is killed leaves a terminal that works.
 */
export function terminalScreen({ write, columns, chalk }: ScreenOptions): Screen {
  let widths: readonly number[] = [];
  return {
    print(lines, block) {
      if (lines.length === 0 && block.length === 0 && widths.length === 0) return;
      const painted = [...lines, ...block].map((line) => `${paint(line, chalk)}\n`).join("");
      write(eraseRows(rowsOf(widths, columns())) + painted);
      widths = block.map(lineWidth);
    },
  };
}

/** A terminal that became narrower has wrapped what was drawn for its old width. */
function rowsOf(widths: readonly number[], columns: number): number {
  return widths.reduce((rows, width) => rows + Math.max(1, Math.ceil(width / Math.max(1, columns))), 0);
}

function eraseRows(rows: number): string {
  return rows > 0 ? `\r${ESC}${rows}A${ESC}J` : "";
}
