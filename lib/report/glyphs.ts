/** The few characters that a report draws with. */
export interface Glyphs {
  readonly ok: string;
  readonly changed: string;
  readonly wouldChange: string;
  readonly unknown: string;
  readonly blocked: string;
  readonly failed: string;
  readonly skipped: string;
  readonly arrow: string;
  readonly rule: string;
  readonly dash: string;
  readonly bar: string;
  readonly more: string;
  readonly spinner: readonly string[];
}

const unicodeGlyphs: Glyphs = {
  ok: "·",
  changed: "●",
  wouldChange: "○",
  unknown: "?",
  blocked: "!",
  failed: "✗",
  skipped: "-",
  arrow: "→",
  rule: "─",
  dash: "—",
  bar: "│",
  more: "…",
  spinner: ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
};

const asciiGlyphs: Glyphs = {
  ok: ".",
  changed: "*",
  wouldChange: "o",
  unknown: "?",
  blocked: "!",
  failed: "x",
  skipped: "-",
  arrow: "->",
  rule: "-",
  dash: "-",
  bar: "|",
  more: "...",
  spinner: ["|", "/", "-", "\\"],
};

/** Characters for a terminal in UTF-8, or in anything else. */
export function glyphsFor(unicode: boolean): Glyphs {
  return unicode ? unicodeGlyphs : asciiGlyphs;
}
