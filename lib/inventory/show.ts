/** How values appear in messages: short, and not at all when their name says that they are secret. */

const SECRET_WORDS = /(?:pass|password|passwd|passphrase|secret|token|key|apikey|credential|auth)s?$/i;

/** Whether a variable of this path (`["registry", "password"]`) is taken for a secret because of a name in it. */
export function isSecret(path: readonly PropertyKey[]): boolean {
  return path.some(
    (part) =>
      typeof part === "string" &&
      part.split(/[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])/).some((word) => SECRET_WORDS.test(word)),
  );
}

/** `api.servers[0].port` */
export function showPath(path: readonly PropertyKey[]): string {
  return path.map((part, i) => (typeof part === "number" ? `[${part}]` : `${i ? "." : ""}${String(part)}`)).join("");
}

/** A value as a message shows it. `written` is how a number or a boolean stands in the file (`1.30`, `yes`). */
export function showValue(value: unknown, path: readonly PropertyKey[], written?: string): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object") return `a mapping of ${Object.keys(value).length}`;
  if (isSecret(path)) return `a ${typeof value} (not shown)`;
  if (typeof value !== "string") {
    const text = String(value);
    return written === undefined || written === text ? text : `${text} (written ${written})`;
  }
  // A password inside a URL is one whatever its variable is called.
  const shown = value.replace(/(:\/\/[^\s/:@]*):[^\s/@]+@/g, "$1:…@");
  return JSON.stringify(shown.length > 60 ? `${shown.slice(0, 59)}…` : shown);
}
