import type { Secret, SecretText } from "../secrets/secret.ts";
import { quote } from "./quote.ts";

/**
 * A piece of POSIX shell text that is safe to run: everything that was put into it was quoted by {@link sh}, or is
 * content ({@link content}), which is only turned into text when the frame that carries it is written.
 */
export interface Sh {
  readonly kind: "sh";
  readonly parts: readonly (string | Content)[];
}

/** Bytes for the host. In a command it stands for a command that prints them. */
export interface Content {
  readonly kind: "content";
  readonly bytes: Buffer;
  readonly secret: boolean;
}

/** What may be put into a command. A Secret may not: `ps` shows arguments to every user of a host. */
export type Argument = string | number | Sh | Content | readonly (string | number)[];

/**
 * Shell text with its arguments quoted. An array becomes several words. Nested {@link Sh} is put in as it is.
 *
 * @example
 * sh`systemctl restart ${unit}`
 * sh`${content(text)} > ${path}`
 */
export function sh(strings: TemplateStringsArray, ...values: readonly Argument[]): Sh {
  const parts: (string | Content)[] = [];
  strings.forEach((literal, index) => {
    if (literal) parts.push(literal);
    if (index < values.length) parts.push(...toParts(values[index] as Argument));
  });
  return { kind: "sh", parts };
}

function toParts(value: Argument): readonly (string | Content)[] {
  if (typeof value === "string") return [quote(value)];
  if (typeof value === "number") return [String(value)];
  if ("kind" in value) return value.kind === "sh" ? value.parts : [value];
  return [value.map((word) => quote(String(word))).join(" ")];
}

/** An argument list as a command: each word is quoted, nothing is interpreted. */
export function command(words: readonly (string | number)[]): Sh {
  return sh`${words}`;
}

/** Shell text as it stands, unquoted: for a user's own script and for this library's constant texts. */
export function rawSh(text: string): Sh {
  return { kind: "sh", parts: [text] };
}

/** Joins pieces by `separator` (a newline unless told). */
export function joinSh(pieces: readonly Sh[], separator = "\n"): Sh {
  return {
    kind: "sh",
    parts: pieces.flatMap((piece, index) => (index === 0 ? piece.parts : [separator, ...piece.parts])),
  };
}

/**
 * Bytes that a command can print: `content(x)` inside {@link sh} stands for a command that writes exactly these bytes
 * to its standard output. They travel inside the frame and never appear in an argument list of a process.
 */
export function content(value: string | Buffer | Secret | SecretText): Content {
  if (typeof value === "string") return { kind: "content", bytes: Buffer.from(value), secret: false };
  if (Buffer.isBuffer(value)) return { kind: "content", bytes: value, secret: false };
  return { kind: "content", bytes: Buffer.from(value.reveal()), secret: true };
}

/** The text that leaves for the host. `place` says how a content is printed there (inline unless told). */
export function render(text: Sh, place: (content: Content) => string = inline): string {
  return text.parts.map((part) => (typeof part === "string" ? part : place(part))).join("");
}

/**
 * A command that prints the bytes. Printable ASCII goes through the shell's own printf, without a process; anything
 * else as base64, since shells lose NUL and some versions of dash treat 0x81-0x88 as control characters of their own.
 */
export function inline({ bytes }: Content): string {
  const plain = bytes.every((byte) => (byte >= 32 && byte < 127) || byte === 10 || byte === 9);
  if (plain) return `printf %s '${bytes.toString("latin1").replaceAll("'", `'\\''`)}'`;
  return `printf %s '${bytes.toString("base64")}' | base64 -d`;
}

/** The text for people: contents are named by size, and never shown. */
export function describe(text: Sh): string {
  return render(text, ({ bytes, secret }) => (secret ? "printf <secret>" : `printf <${bytes.length} bytes>`));
}
