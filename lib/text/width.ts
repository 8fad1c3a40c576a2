/**
 * Characters that fill two cells: East Asian wide and fullwidth ones, and emoji. Where terminals differ (flags, joined
 * emoji) the larger width counts, since a line that is too long spoils more than one that is too short.
 *
 * @see Unicode Standard Annex 11
 */
const WIDE =
  /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1aff0}-\u{1b2ff}\u{20000}-\u{3fffd}]/u;

/** Combining marks and characters that are only there for their neighbours. */
const NARROWLESS = /[\p{Mn}\p{Me}\p{Cf}]/u;

const PLAIN = /^[ -~]*$/;

/** How many cells of a terminal the text takes. It has to be free of control characters. */
export function textWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/**
 * The text cut to so many cells, the last of them `mark` where something is missing.
 *
 * @example
 * cutText("Unpacking haproxy", 10, "…"); // "Unpacking…"
 */
export function cutText(text: string, cells: number, mark = ""): string {
  if (textWidth(text) <= cells) return text;
  const room = cells - textWidth(mark);
  if (room < 0) return "";
  let width = 0;
  let kept = "";
  for (const character of text) {
    width += characterWidth(character);
    if (width > room) break;
    kept += character;
  }
  return kept + mark;
}

function characterWidth(character: string): number {
  if (PLAIN.test(character)) return 1;
  if (NARROWLESS.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}
