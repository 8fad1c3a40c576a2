import { quote } from "../shell/quote.ts";
import { MASK, type Secret } from "./secret.ts";

/** Values shorter than this are not looked for in output: masking every "a" would tell more than it hides. */
export const SHORTEST_REDACTED = 4;

/**
 * Knows the secrets of a run and masks them in whatever is shown: as they are, and in the forms in which they are met
 * in output: base64, JSON, URL, quoted for a shell, and line by line for secrets of several lines.
 */
export class Redactor {
  readonly #known = new Set<string>();
  readonly #forms = new Set<string>();
  #pattern: RegExp | undefined;

  add(...secrets: readonly Secret[]): void {
    for (const secret of secrets) {
      const value = secret.reveal();
      if (this.#known.has(value)) continue;
      this.#known.add(value);
      this.#pattern = undefined;
      const lines = value.includes("\n") ? value.split("\n") : [];
      for (const text of [value, value.trim(), ...lines]) {
        if (text.length < SHORTEST_REDACTED) continue;
        for (const form of formsOf(text)) this.#forms.add(form);
      }
    }
  }

  /** The text with every form of every secret masked. */
  text(value: string): string {
    if (this.#forms.size === 0) return value;
    this.#pattern ??= new RegExp(
      [...this.#forms]
        .sort((a, b) => b.length - a.length)
        .map((form) => form.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"))
        .join("|"),
      "g",
    );
    return value.replaceAll(this.#pattern, MASK);
  }

  /** The same for every string in a plain value (an event); keys are kept. */
  value<T>(value: T): T {
    if (this.#forms.size === 0) return value;
    return redactDeep(value, (text) => this.text(text)) as T;
  }
}

function redactDeep(value: unknown, mask: (text: string) => string): unknown {
  if (typeof value === "string") return mask(value);
  if (Array.isArray(value)) return value.map((member) => redactDeep(member, mask));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, redactDeep(member, mask)]));
}

function formsOf(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  // The base64 of a longer text that contains the secret has it at one of three alignments; the characters that do
  // not depend on the neighbours are the same in each.
  const aligned = [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    return encoded.slice(shift === 0 ? 0 : shift + 1, Math.floor(((bytes.length + shift) * 8) / 6));
  });
  return [
    text,
    ...aligned.filter((form) => form.length >= SHORTEST_REDACTED),
    bytes.toString("base64"),
    bytes.toString("base64url"),
    JSON.stringify(text).slice(1, -1),
    encodeURIComponent(text),
    quote(text),
    text.replaceAll("'", `'\\''`),
  ];
}
