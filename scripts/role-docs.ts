import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";

/**
 * Keeps the parameter table in each role's README the same as its schema: `npm run docs` writes the tables,
 * a test compares them.
 */
const ROLES = fileURLToPath(new URL("../roles/", import.meta.url));
const BEGIN = "<!-- parameters: made from the schema by `npm run docs` -->";
const END = "<!-- end of parameters -->";

/** The folders under `roles/` that are a role; the others are what roles share. */
export function roleFolders(): readonly string[] {
  return readdirSync(ROLES).filter((name) => existsSync(`${ROLES}${name}/index.ts`));
}

/** A role's README as it is, and as it should be. */
export async function readmeOf(folder: string): Promise<{ file: string; actual: string; expected: string }> {
  const module: Record<string, unknown> = await import(`${ROLES}${folder}/index.ts`);
  const role = Object.values(module).find(
    (each): each is { roleName: string; params: z.ZodType } => typeof each === "function" && "roleName" in each,
  );
  if (!role) throw new Error(`roles/${folder}/index.ts exports no role`);
  const file = `${ROLES}${folder}/README.md`;
  const actual = readFileSync(file, "utf8");
  const [before, rest] = actual.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined)
    throw new Error(`${file} has no place for its parameters: ${BEGIN} … ${END}`);
  return { file, actual, expected: `${before}${BEGIN}\n${parameterTable(role.params)}\n${END}${after}` };
}

interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly required?: readonly string[];
}

function parameterTable(schema: z.ZodType): string {
  const json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema;
  const rows = Object.entries(json.properties ?? {}).map(([name, each]) => {
    const fallback = json.required?.includes(name) ? "required" : each.default === undefined ? "–" : code(each.default);
    return `| \`${name}\` | ${typeOf(each)} | ${fallback} | ${each.description ?? ""} |`;
  });
  return ["| parameter | type | default | what it is |", "|---|---|---|---|", ...rows].join("\n");
}

function code(value: unknown): string {
  return `\`${JSON.stringify(value).replaceAll("|", "\\|")}\``;
}

function typeOf(schema: JsonSchema): string {
  if (schema.enum) return schema.enum.map(code).join(" or ");
  if (schema.const !== undefined) return code(schema.const);
  if (schema.anyOf) {
    const types = new Set(schema.anyOf.map(typeOf).filter((type) => type !== "any"));
    return types.size > 0 ? [...types].join(" or ") : "any";
  }
  if (schema.type === "array") return `list of ${schema.items ? typeOf(schema.items) : "any"}`;
  if (schema.type === "object" && schema.properties) return `{ ${Object.keys(schema.properties).join(", ")} }`;
  if (schema.type === "object") {
    const values = typeof schema.additionalProperties === "object" ? typeOf(schema.additionalProperties) : "any";
    return `record of ${values}`;
  }
  return schema.format ?? schema.type ?? "any";
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const folder of roleFolders()) {
    const { file, expected } = await readmeOf(folder);
    writeFileSync(file, expected);
  }
}
