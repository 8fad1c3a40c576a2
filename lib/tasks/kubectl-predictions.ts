import { type Prediction, predict, unknowableWhere } from "../engine/plan.ts";
import { type Read, readId } from "../engine/read.ts";
import { groupOf, type ObjectId } from "../kubernetes/objects.ts";
import { isKubernetesRead } from "../reads/kubernetes-access.ts";
import { type ConditionState, conditionAsked } from "../reads/kubernetes-conditions.ts";
import { type ObjectState, objectAsked } from "../reads/kubernetes-objects.ts";
import { type Strays, straysAsked } from "../reads/kubernetes-strays.ts";

/** An object as its manifest says; what others demand of it, and what hangs on it, is not known. */
export function predictApplied(
  object: ObjectId,
  own: Read<ObjectState>,
  { namespace }: { readonly namespace: string },
): readonly Prediction[] {
  const resolved = { ...object, namespace: object.namespace ?? namespace };
  return [...surprises(resolved, own), predict(own, { kind: "same" })];
}

export function predictGone(object: ObjectId, own: Read<ObjectState>): readonly Prediction[] {
  return [...surprises(object, own), ...alongWith(object), predict(own, { kind: "absent" })];
}

export function predictNoStrays(object: ObjectId, own: Read<Strays>): readonly Prediction[] {
  return [...surprises(object, own), ...alongWith(object), predict(own, { kind: "strays", objects: [] })];
}

export function predictMet(own: Read<ConditionState>): readonly Prediction[] {
  return [predict(own, { kind: "met" })];
}

/**
 * What a change of an object may alter besides: other questions about it; kinds that were unknown; what is waited for
 * and has not come, since some controller may bring it; and its own conditions, which begin anew.
 */
function surprises(object: ObjectId, own: Read<unknown>): readonly Prediction[] {
  const isOwn = (read: Read<unknown>) => readId(read) === readId(own);
  return [
    unknowableWhere((read, answer) => {
      if (isOwn(read)) return false;
      const asked = objectAsked(read);
      if (asked) return isSame(asked, object) || kindOf(answer) === "unknown kind" || kindOf(answer) === "no webhook";
      const condition = conditionAsked(read);
      if (condition) return kindOf(answer) !== "met" || condition.resource.endsWith(`/${object.name}`);
      const strays = straysAsked(read);
      return strays !== undefined && strays.kind === object.kind;
    }),
  ];
}

/** A namespace takes along what is in it, a definition all objects of its kind. */
function alongWith({ kind, name }: ObjectId): readonly Prediction[] {
  if (kind === "CustomResourceDefinition") return [unknowableWhere((read) => objectAsked(read) !== undefined)];
  if (kind !== "Namespace") return [];
  return [unknowableWhere((read) => isKubernetesRead(read) && read.key.includes(`"${name}"`))];
}

function isSame(asked: ObjectId, object: ObjectId): boolean {
  if (asked.kind !== object.kind || asked.name !== object.name) return false;
  if (groupOf(asked.apiVersion) !== groupOf(object.apiVersion)) return false;
  return asked.namespace === object.namespace || asked.namespace === undefined || object.namespace === undefined;
}

function kindOf(answer: unknown): unknown {
  return typeof answer === "object" && answer !== null && "kind" in answer ? answer.kind : undefined;
}
