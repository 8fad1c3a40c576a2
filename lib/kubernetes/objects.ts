import { createHash } from "node:crypto";
import { parseAllDocuments } from "yaml";
import { plainScalars } from "../inventory/scalars.ts";
import { Secret, SecretText, secretsIn } from "../secrets/secret.ts";
import { asciiJson } from "./go-json.ts";
import { hasSecret, reveal } from "./reveal.ts";

/** What an object is called in a cluster. */
export interface ObjectId {
  readonly apiVersion: string;
  readonly kind: string;
  /** As the manifest says it; what it is without one depends on the kind. */
  readonly namespace: string | undefined;
  readonly name: string;
}

/** One object of a manifest. */
export interface Manifest extends ObjectId {
  /** The whole object, in ASCII. */
  readonly json: string;
  /** Nobody may see what is in it. */
  readonly secret: boolean;
  /** What may show in no output either. */
  readonly secrets: readonly Secret[];
  readonly labels: Readonly<Record<string, unknown>>;
  /** The kind that a CustomResourceDefinition makes: `GROUP KIND`. */
  readonly defines?: string;
}

/** `Deployment default/web`: how an object is named in a sentence. */
export function nameOf({ kind, namespace, name }: ObjectId): string {
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}

/** What the API group of a version is: `apps` of `apps/v1`, nothing of `v1`. */
export function groupOf(apiVersion: string): string {
  return apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
}

/**
 * The objects of manifests, namespaces and definitions of kinds first, since others may need them.
 *
 * Plain words of YAML mean what they mean to kubectl: YAML 1.1, so that `0644` is octal and `yes` is true. A `List` is
 * taken apart. `stringData` of a Secret becomes `data`: the API cannot tell later who has set which key of the former.
 *
 * @throws Error that tells all mistakes, a line each
 */
export function manifestsIn(input: string | SecretText | readonly object[]): readonly Manifest[] {
  const mistakes: string[] = [];
  const isSecret = input instanceof SecretText;
  const objects = typeof input === "object" && !isSecret ? input : yamlDocuments(reveal(input) as string, mistakes);
  const manifests = objects.flatMap(itemsOf).flatMap((object, index) => {
    const made = manifestOf(object, isSecret ? secretsIn(input) : undefined);
    if (typeof made !== "string") return [made];
    mistakes.push(`object ${index + 1}: ${made}`);
    return [];
  });
  const seen = new Set<string>();
  for (const { apiVersion, kind, namespace, name } of manifests) {
    const id = [groupOf(apiVersion), kind, namespace, name].join(" ");
    if (seen.has(id)) mistakes.push(`${nameOf({ apiVersion, kind, namespace, name })} is there twice`);
    seen.add(id);
  }
  if (mistakes.length > 0) throw new Error(mistakes.join("; "));
  return manifests.toSorted((a, b) => rank(a) - rank(b));
}

function yamlDocuments(text: string, mistakes: string[]): readonly unknown[] {
  const documents = parseAllDocuments(text, { customTags: plainScalars, merge: true, prettyErrors: false });
  if ("empty" in documents) return [];
  return documents.flatMap((document, index) => {
    const [error] = document.errors;
    if (error) mistakes.push(`document ${index + 1} is not YAML: ${error.code} at character ${error.pos[0]}`);
    const value: unknown = error ? null : document.toJS();
    return value === null ? [] : [value];
  });
}

function itemsOf(object: unknown): readonly unknown[] {
  if (!isRecord(object) || !Array.isArray(object.items) || !/List$/.test(String(object.kind))) return [object];
  return object.items.flatMap(itemsOf);
}

/** @param ofText the secrets of the text that the object was read from */
function manifestOf(object: unknown, ofText: readonly Secret[] | undefined): Manifest | string {
  if (!isRecord(object)) return "is not a mapping";
  const { apiVersion, kind, metadata } = object;
  if (typeof apiVersion !== "string" || !/^([a-z0-9.-]+\/)?v[a-z0-9]+$/.test(apiVersion)) {
    return `apiVersion has to be such as v1 or apps/v1; found ${told(apiVersion)}`;
  }
  if (typeof kind !== "string" || !/^[A-Za-z][A-Za-z0-9]*$/.test(kind))
    return `kind is missing, or no name: ${told(kind)}`;
  if (!isRecord(metadata)) return `${kind} has no metadata`;
  const { name, namespace, labels, generateName } = metadata;
  if (generateName !== undefined) return `${kind} has generateName; an object that is kept needs a name of its own`;
  if (typeof name !== "string" || !NAME.test(name)) return `${kind} has no name that an object can have: ${told(name)}`;
  if (namespace !== undefined && (typeof namespace !== "string" || !NAME.test(namespace))) {
    return `${kind} ${name} has a namespace that is none: ${told(namespace)}`;
  }
  const isOfKindSecret = apiVersion === "v1" && kind === "Secret";
  return {
    apiVersion,
    kind,
    namespace,
    name,
    json: asciiJson(isOfKindSecret ? encoded(reveal(object)) : reveal(object)),
    secret: ofText !== undefined || isOfKindSecret || hasSecret(object),
    secrets: [...(ofText ?? []), ...secretsIn(object), ...(isOfKindSecret ? valuesOf(reveal(object)) : [])],
    labels: isRecord(labels) ? labels : {},
    ...(kind === "CustomResourceDefinition" && { defines: definedBy(object.spec) }),
  };
}

/** No blanks, tabs or slashes: names are fields of lines, and parts of URLs. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._:-]*$/;

function encoded(secret: unknown): unknown {
  if (!isRecord(secret) || !isRecord(secret.stringData)) return secret;
  const { stringData, data, ...rest } = secret;
  const made = Object.entries(stringData).map(([key, value]) => [key, Buffer.from(String(value)).toString("base64")]);
  return { ...rest, data: { ...(isRecord(data) && data), ...Object.fromEntries(made) } };
}

/** What is in a Secret, as it is: base64 of it is looked for as well. */
function valuesOf(secret: unknown): readonly Secret[] {
  const { data } = encoded(secret) as { data?: unknown };
  const values = isRecord(data) ? Object.values(data) : [];
  return values.map((value) => new Secret(Buffer.from(String(value), "base64").toString()));
}

function definedBy(spec: unknown): string {
  return isRecord(spec) && isRecord(spec.names) ? `${spec.group} ${spec.names.kind}` : "";
}

function rank({ kind }: Manifest): number {
  return kind === "Namespace" ? 0 : kind === "CustomResourceDefinition" ? 1 : 2;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function told(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : value === undefined ? "nothing" : typeof value;
}

/** SHA-256 of what is in it, for a name that does not tell it. */
export function digestOf({ json }: Pick<Manifest, "json">): string {
  return createHash("sha256").update(json).digest("hex");
}
