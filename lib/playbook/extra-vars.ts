import { parse as parseYaml } from "yaml";

export type ParsedExtraVars = { readonly vars: string | Record<string, unknown> } | { readonly mistake: string };

/** `@file`, a JSON or YAML mapping, or `key=value` words whose values are read as YAML scalars: 7443 is a number. */
export function parseExtraVars(text: string): ParsedExtraVars {
  if (text.startsWith("@")) return { vars: text.slice(1) };
  const shown = `--extra-vars ${JSON.stringify(text)}`;
  if (text.trimStart().startsWith("{")) {
    try {
      const value: unknown = parseYaml(text);
      if (typeof value === "object" && value !== null && !Array.isArray(value)) return { vars: { ...value } };
      return { mistake: `${shown} is not a mapping` };
    } catch (error) {
      return { mistake: `${shown}: ${(error as Error).message.split("\n")[0]}` };
    }
  }
  const vars: Record<string, unknown> = {};
  for (const word of text.match(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g) ?? []) {
    const [, name, value] = /^([A-Za-z_][\w]*)=(.*)$/s.exec(word) ?? [];
    if (name === undefined || value === undefined)
      return { mistake: `${shown}: ${JSON.stringify(word)} is not key=value` };
    vars[name] = parseYaml(value);
  }
  return { vars };
}
