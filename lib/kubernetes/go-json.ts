/**
 * JSON as Go's encoding/json writes it: keys sorted by bytes, no blanks, and `<`, `>`, `&`, U+2028 and U+2029 escaped. A
 * host's `helm … -o json` prints this, so that a digest made here can be compared with one made there.
 *
 * Numbers are those of JavaScript: an integer beyond 2^53 is not the one that was written.
 *
 * @see https://pkg.go.dev/encoding/json#Marshal
 */
export function goJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goJson).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    members.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    return `{${members.map(([key, member]) => `${goString(key)}:${goJson(member)}`).join(",")}}`;
  }
  if (typeof value === "string") return goString(value);
  if (typeof value === "number") return goNumber(value);
  return JSON.stringify(value) ?? "null";
}

function goString(text: string): string {
  // Go writes U+FFFD for half a surrogate pair, and \b and \f by name as JSON.stringify does.
  return JSON.stringify(text.toWellFormed()).replaceAll(/[<>&\u2028\u2029]/g, unicode);
}

/** Go goes over to an exponent where JavaScript does, and writes it with two digits at least when it is negative. */
function goNumber(value: number): string {
  if (!Number.isFinite(value)) return "null";
  if (Object.is(value, -0)) return "-0";
  return String(value);
}

/** The same value in ASCII alone: what travels to a host inside a shell text. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(/[\u007f-\uffff]/g, unicode);
}

function unicode(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
