import { isDeepStrictEqual } from "node:util";
import { stringify } from "yaml";

/** How what is there stands to what an apply would make of it. */
export type Comparison =
  | { readonly kind: "same" }
  /** `fields` is false where only the record of whose fields they are is another. */
  | { readonly kind: "differs"; readonly fields: boolean; readonly live: string; readonly wanted: string };

/** What the API itself keeps account with. */
const KEPT_BY_API = ["managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink"];

/**
 * Compares an object with the outcome of a dry run, without what the API keeps for itself, and without its status. The
 * fields that the manager has applied count: those that it has not taken over yet would outlive the manifest.
 */
export function compare(live: string, wanted: string, manager: string): Comparison {
  const [before, after] = [bare(live, manager), bare(wanted, manager)];
  const fields = !isDeepStrictEqual(before.object, after.object);
  if (!fields && isDeepStrictEqual(before.owned, after.owned)) return { kind: "same" };
  return { kind: "differs", fields, live: yaml(before.object), wanted: yaml(after.object) };
}

/** An object as YAML for people, keys sorted. */
export function yaml(object: unknown): string {
  return stringify(object, { sortMapEntries: true, lineWidth: 0, aliasDuplicateObjects: false });
}

interface ApiObject {
  metadata?: Record<string, unknown>;
  status?: unknown;
}

interface ManagedFields {
  readonly manager?: string;
  readonly operation?: string;
  readonly subresource?: string;
  readonly fieldsV1?: unknown;
}

function bare(json: string, manager: string): { readonly object: unknown; readonly owned: unknown } {
  const { status: _, metadata = {}, ...rest } = JSON.parse(json) as ApiObject;
  const fields = (metadata.managedFields ?? []) as readonly ManagedFields[];
  const own = fields.find((each) => each.manager === manager && each.operation === "Apply" && !each.subresource);
  const kept = Object.entries(metadata).filter(([key]) => !KEPT_BY_API.includes(key));
  return { object: { ...rest, metadata: Object.fromEntries(kept) }, owned: own?.fieldsV1 };
}
