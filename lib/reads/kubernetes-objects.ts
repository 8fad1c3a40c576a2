import { defineRead, type Read, type ReadKind } from "../engine/read.ts";
import { compare } from "../kubernetes/compare.ts";
import { asciiJson } from "../kubernetes/go-json.ts";
import { digestOf, type Manifest, type ObjectId } from "../kubernetes/objects.ts";
import { content, joinSh, rawSh, type Sh, sh } from "../shell/sh.ts";
import { API_READ_MS, kubectlFunctions, type NoAccess, parseNoAccess } from "./kubernetes-access.ts";
import { OBJECTS } from "./kubernetes-objects-text.ts";
import { linesOf, splitRecords } from "./records.ts";

/** How an object of a cluster stands to a manifest. */
export type ObjectState =
  | NoAccess
  | { readonly kind: "absent" }
  /** Asked for its presence only. */
  | { readonly kind: "present" }
  | { readonly kind: "same" }
  /** Texts are YAML, absent for what is secret. `fields` is false where only the fields' owner would be another. */
  | { readonly kind: "differs"; readonly fields: boolean; readonly live?: string; readonly wanted?: string }
  /** It is being deleted, and something has to be done before it is gone. */
  | { readonly kind: "leaving" }
  /** The API has no such kind. */
  | { readonly kind: "unknown kind" }
  /** A webhook does not answer for now, so nobody knows. */
  | { readonly kind: "no webhook"; readonly reason: string }
  /** The API will not have it. */
  | { readonly kind: "refused"; readonly reason: string };

/** With what an object is asked for, and would be applied. */
export interface ObjectAccess {
  readonly kubeconfig: string;
  /** That of objects that say none. */
  readonly namespace: string;
  readonly manager: string;
  readonly force: boolean;
}

type Aspect = "applied" | "digest" | "present";

/** All that is in a read's key. */
export interface ObjectKey extends Omit<ObjectAccess, "namespace">, ObjectId {
  readonly namespace: string;
  readonly aspect: Aspect;
  /** The object itself, or its digest where it is secret. */
  readonly body: string;
}

const plain: ReadKind<ObjectState> = {
  name: "kubernetes-object",
  deadlineMs: API_READ_MS,
  ask: (keys) => askObjects(keys, bodyIn),
  split: splitRecords,
  parse: parseObject,
  hangsOn: (key, path) => parseObjectKey(key).kubeconfig === path,
};

/**
 * How objects of a cluster stand to manifests. What is there is read, and what an apply would make of it is asked by a
 * dry run on the server; both are one kubectl for all objects that are asked for with the same access. Only where the
 * API refuses one of them is each asked on its own.
 *
 * Of secret objects no content is ever brought from the host, and none stands in a key.
 *
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
export function kubernetesObjects(
  manifests: readonly Manifest[],
  access: ObjectAccess,
  wanted: "applied" | "absent",
): readonly Read<ObjectState>[] {
  const bodies = new Map<string, string>();
  const keys = manifests.map((manifest) => {
    if (wanted === "absent")
      return { manifest, key: objectKey(manifest, access, "present", identity(manifest)), own: false };
    if (!manifest.secret) return { manifest, key: objectKey(manifest, access, "applied", manifest.json), own: false };
    const key = objectKey(manifest, access, "digest", digestOf(manifest));
    bodies.set(key, manifest.json);
    return { manifest, key, own: true };
  });
  const name = `${plain.name} with secrets ${digestOf({ json: [...bodies.keys()].join() }).slice(0, 16)}`;
  const own = defineRead<ObjectState>({
    ...plain,
    name,
    ask: (asked) => askObjects(asked, (key) => bodies.get(key) ?? ""),
  });
  const shared = defineRead(plain);
  return keys.map((each) => (each.own ? own(each.key) : shared(each.key)));
}

/** Which object a read is about; `undefined` where it is about something else. */
export function objectAsked(read: Read<unknown>): ObjectKey | undefined {
  return read.kind.name === plain.name || read.kind.name.startsWith(`${plain.name} `)
    ? parseObjectKey(read.key)
    : undefined;
}

/** The least that names an object to kubectl. */
export function identity({ apiVersion, kind, namespace, name }: ObjectId): string {
  return asciiJson({ apiVersion, kind, metadata: { name, ...(namespace !== undefined && { namespace }) } });
}

/**
 * The namespace that a kubectl has to be given: it insists that an object has it, so those that name one are asked for
 * without.
 */
function groupNamespace({ namespace }: Pick<ObjectId, "namespace">, access: ObjectAccess): string {
  return namespace === undefined || namespace === access.namespace ? access.namespace : "";
}

/** Keys of one access stand together when they are sorted. */
function objectKey(manifest: Manifest, access: ObjectAccess, aspect: Aspect, body: string): string {
  const { apiVersion, kind, name } = manifest;
  const group = [access.kubeconfig, groupNamespace(manifest, access), access.manager, access.force ? "force" : ""];
  return JSON.stringify([...group, aspect, apiVersion, kind, manifest.namespace ?? "", name, body, access.namespace]);
}

export function parseObjectKey(key: string): ObjectKey {
  const [kubeconfig, , manager, force, aspect, apiVersion, kind, own, name, body, namespace] = JSON.parse(
    key,
  ) as string[];
  return {
    kubeconfig: kubeconfig ?? "",
    namespace: own || (namespace ?? ""),
    manager: manager ?? "",
    force: force === "force",
    aspect: aspect as Aspect,
    apiVersion: apiVersion ?? "",
    kind: kind ?? "",
    name: name ?? "",
    body: body ?? "",
  };
}

function bodyIn(key: string): string {
  return parseObjectKey(key).body;
}

/** One run of the question for keys that are asked for with the same access. */
function askObjects(keys: readonly string[], bodyOf: (key: string) => string): Sh {
  const groups = Map.groupBy(keys, (key) => JSON.stringify((JSON.parse(key) as string[]).slice(0, 4)));
  const asks = [...groups].map(([group, members]) => {
    const [kubeconfig = "", namespace = "", manager = "", force = ""] = JSON.parse(group) as string[];
    const numbers = members.map((_, index) => index);
    const bodies = members.map((key, index) => sh`hw_object${index}() { ${content(bodyOf(key))}; }`);
    const lines = members.map((key, index) => {
      const { apiVersion, kind, namespace, name, aspect } = parseObjectKey(key);
      return [index, apiVersion, kind, namespace, name, aspect].join("\t");
    });
    return joinSh([
      kubectlFunctions(kubeconfig),
      sh`hw_ns=${namespace}; hw_m=${manager}; hw_f=${force === "force" ? "--force-conflicts" : ""}`,
      sh`hw_table=${lines.join("\n")}`,
      ...bodies,
      sh`hw_objects ${numbers}`,
    ]);
  });
  return joinSh([rawSh(OBJECTS), ...asks]);
}

/** A word, with what belongs to it; behind `differs`, the object as it is and as an apply would leave it. */
export function parseObject(record: Buffer, key: string): ObjectState {
  const [line = "", live, wanted] = linesOf(record);
  const space = line.indexOf(" ");
  const [word, text] = space < 0 ? [line, ""] : [line.slice(0, space), line.slice(space + 1)];
  if (word === "no") return parseNoAccess(line);
  // Of a kind that is not known there is no object, which is all that was asked then.
  if (word === "unknown-kind") return { kind: parseObjectKey(key).aspect === "present" ? "absent" : "unknown kind" };
  if (word === "refused") return refusal(text);
  if (word === "differs" && live !== undefined && wanted !== undefined) {
    return compare(live, wanted, parseObjectKey(key).manager);
  }
  if (word === "differs") return { kind: "differs", fields: true };
  if (word === "absent" || word === "present" || word === "same" || word === "leaving") return { kind: word };
  throw new Error(`not an answer about an object: ${JSON.stringify(line.slice(0, 80))}`);
}

/** A webhook that is not up yet is no refusal; of a conflict only who and what is kept, not what kubectl advises. */
function refusal(text: string): ObjectState {
  if (/failed calling webhook|failed to call webhook/.test(text)) return { kind: "no webhook", reason: text.trim() };
  const [reason = ""] = text.replace(/^error: /, "").split(" Please review the fields above");
  return { kind: "refused", reason: reason.trim() };
}
