/** The bytes as text; `undefined` where they are none: not UTF-8, or with NUL in them. A byte order mark is kept. */
export function decodeText(bytes: Buffer): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}
