import type { Change, TextDiff } from "../engine/plan.ts";
import { yaml } from "../kubernetes/compare.ts";
import { type Manifest, nameOf, type ObjectId } from "../kubernetes/objects.ts";
import type { ConditionState } from "../reads/kubernetes-conditions.ts";
import type { Strays } from "../reads/kubernetes-strays.ts";
import type { Sh } from "../shell/sh.ts";
import { applyObjects, deleteObjects, waitFor } from "./kubectl-commands.ts";
import type { FoundObject } from "./kubectl-obstacles.ts";
import type { KubectlParams } from "./kubectl-params.ts";
import { predictApplied, predictGone, predictMet, predictNoStrays } from "./kubectl-predictions.ts";
import { objectReads, straysRead, waitRead } from "./kubectl-reads.ts";

/** Everything is ended by its own deadline on the host; the engine's comes this much later. */
const GRACE_MS = 15_000;

/** How long the outcome of an apply may take to show. */
const SETTLE_MS = 20_000;

const settle = { what: "the API shows what was applied", holdMs: 0, deadlineMs: SETTLE_MS } as const;

/** A change an object; all are applied together, behind the last of them. */
export function objectChanges(params: KubectlParams, objects: readonly FoundObject[]): readonly Change[] {
  const reads = objectReads(params);
  const due = objects.flatMap((object, index) =>
    object.state.kind === "same" ? [] : [{ ...object, read: reads[index] }],
  );
  const manifests = due.map(({ manifest }) => manifest);
  return due.map(({ manifest, state, read }, index): Change => {
    const [from, to] = wordsOf(state, params.fieldManager);
    return {
      what: nameOf(manifest),
      from,
      to,
      diff: diffOf(manifest, state),
      commands: index === due.length - 1 ? [applyObjects(params, manifests)] : [],
      predicts: read === undefined ? [] : predictApplied(manifest, read, params),
      settle,
      deadlineMs: params.deadline + GRACE_MS,
    };
  });
}

function wordsOf(state: FoundObject["state"], manager: string): readonly [string, string] {
  if (state.kind === "no webhook") return [`not known (${state.reason})`, "as in the manifest"];
  if (state.kind !== "differs") return ["absent", "as in the manifest"];
  return state.fields
    ? ["otherwise", "as in the manifest"]
    : ["as in the manifest, set by others", `set by ${manager}`];
}

function diffOf(manifest: Manifest, state: FoundObject["state"]): TextDiff {
  const path = nameOf(manifest);
  if (manifest.secret) return { path, before: undefined, after: undefined, masked: "secret" };
  if (state.kind === "differs") return { path, before: state.live, after: state.wanted };
  return { path, before: undefined, after: yaml(JSON.parse(manifest.json)) };
}

/** What carries the labels and is in no manifest any more. */
export function strayChanges(
  params: KubectlParams,
  found: readonly { readonly kind: string; readonly state: Strays }[],
): readonly Change[] {
  return found.flatMap(({ kind, state }) => {
    const objects = state.kind === "strays" ? state.objects : [];
    return removal(params, objects, (object) => predictNoStrays(object, straysRead(params, kind)));
  });
}

/** Objects that are there and should not be. */
export function removalChanges(params: KubectlParams, objects: readonly FoundObject[]): readonly Change[] {
  const reads = objectReads(params);
  const there = objects.flatMap(({ manifest, state }, index) => {
    return state.kind === "absent" || state.kind === "unknown kind" ? [] : [{ manifest, read: reads[index] }];
  });
  // What was made first is deleted last: definitions of kinds and namespaces take along what is in them.
  return removal(params, there.map(({ manifest }) => manifest).toReversed(), (object) => {
    const read = there.find(({ manifest }) => manifest === object)?.read;
    return read === undefined ? [] : predictGone(object, read);
  });
}

function removal(
  params: KubectlParams,
  objects: readonly ObjectId[],
  predict: (object: ObjectId) => Change["predicts"],
): readonly Change[] {
  return objects.map((object, index): Change => {
    return {
      what: nameOf(object),
      from: "present",
      to: "absent",
      commands: index === objects.length - 1 ? [deleteObjects(params, objects)] : [],
      predicts: predict(object),
      deadlineMs: params.deadline + GRACE_MS,
    };
  });
}

/** What has not come yet to what it has to come to. */
export function waitChanges(
  params: KubectlParams,
  found: readonly { readonly wait: KubectlParams["wait"][number]; readonly state: ConditionState }[],
): readonly Change[] {
  return found.flatMap(({ wait, state }): readonly Change[] => {
    if (state.kind === "met") return [];
    return [
      {
        what: wait.resource,
        from: state.kind === "unmet" ? state.now : "absent",
        to: goalOf(wait.for),
        commands: [waitCommand(params, wait)],
        predicts: predictMet(waitRead(params, wait)),
        settle,
        deadlineMs: params.deadline + GRACE_MS,
      },
    ];
  });
}

function goalOf(wanted: KubectlParams["wait"][number]["for"]): string {
  if (wanted === "rollout") return "rolled out";
  return "jsonpath" in wanted ? `${wanted.jsonpath} is ${wanted.value}` : `${wanted.condition} is ${wanted.status}`;
}

function waitCommand(params: KubectlParams, wait: KubectlParams["wait"][number]): Sh {
  return waitFor(params, { ...wait, namespace: wait.namespace ?? params.namespace });
}
