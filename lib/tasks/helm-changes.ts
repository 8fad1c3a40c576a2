import { type Change, type Prediction, predict, type TextDiff, unknowableWhere } from "../engine/plan.ts";
import { type Read, readId } from "../engine/read.ts";
import { yaml } from "../kubernetes/compare.ts";
import { hasSecret } from "../kubernetes/reveal.ts";
import { helmRelease, type ReleaseContent, type ReleaseState, releaseAsked } from "../reads/helm-release.ts";
import { conditionAsked } from "../reads/kubernetes-conditions.ts";
import { objectAsked } from "../reads/kubernetes-objects.ts";
import { straysAsked } from "../reads/kubernetes-strays.ts";
import { repairRelease, uninstallRelease, upgradeRelease } from "./helm-commands.ts";
import type { HelmAbsence, HelmParams } from "./helm-params.ts";

/** helm ends itself at its own deadline; the engine's comes this much later. */
const GRACE_MS = 60_000;

type Found = Exclude<ReleaseState, { readonly kind: "no access" | "refused" }>;

/** The one question about a release that a task asks. */
export function releaseRead(params: HelmParams | HelmAbsence): Read<ReleaseState> {
  if (!("values" in params)) return helmRelease(params, "none");
  return helmRelease(params, hasSecret(params.values) ? "digest" : "values");
}

/** What has to change for a release to be as demanded; the last of the changes carries the one command for all. */
export function upgradeOf(params: HelmParams, found: Found, wanted: ReleaseContent): readonly Change[] {
  const steps = stepsOf(params, found, wanted);
  const isRepair = found.kind === "under way";
  const commands = [...(isRepair ? [repairRelease(params)] : []), upgradeRelease(params)];
  const predicts = predictUpgrade(params, releaseRead(params), wanted);
  const deadlineMs = (isRepair ? 2 : 1) * params.deadline + GRACE_MS;
  return steps.map((step, index) => {
    return { ...step, commands: index === steps.length - 1 ? commands : [], predicts, deadlineMs };
  });
}

type Step = Pick<Change, "what" | "from" | "to" | "diff">;

function stepsOf(params: HelmParams, found: Found, wanted: ReleaseContent): readonly Step[] {
  const to = `${wanted.chart} ${wanted.version}`;
  const diff = valuesDiff(params, found, wanted);
  if (found.kind === "absent" || found.kind === "uninstalled") {
    return [{ what: "release", from: found.kind, to, ...(wanted.values !== "{}" && { diff }) }];
  }
  if (found.kind === "under way") {
    return [{ what: "release", from: `${found.status} since ${found.since}`, to: `repaired, then ${to}`, diff }];
  }
  const isChart = found.chart === wanted.chart && found.version === wanted.version;
  const isSame = found.values === wanted.values;
  return [
    ...(isChart ? [] : [{ what: "chart", from: `${found.chart} ${found.version}`, to }]),
    ...(isSame ? [] : [{ what: "values", from: "others", to: "as demanded", diff }]),
    ...(found.kind === "failed" ? [{ what: "last upgrade", from: "failed", to: "deployed" }] : []),
  ];
}

function valuesDiff({ release, values }: HelmParams, found: Found, wanted: ReleaseContent): TextDiff {
  const path = `values of ${release}`;
  if (hasSecret(values)) return { path, before: undefined, after: undefined, masked: "secret" };
  const before = "values" in found ? yaml(JSON.parse(found.values)) : undefined;
  return { path, before, after: yaml(JSON.parse(wanted.values)) };
}

/** A chart brings kinds, and what others wait for; its namespace comes with it. */
function predictUpgrade(
  { namespace, release }: HelmParams,
  own: Read<ReleaseState>,
  wanted: ReleaseContent,
): readonly Prediction[] {
  return [
    unknowableWhere((read, answer) => {
      if (readId(read) === readId(own)) return false;
      const other = releaseAsked(read);
      if (other) return other.namespace === namespace && other.release === release;
      const kind = typeof answer === "object" && answer !== null && "kind" in answer ? answer.kind : undefined;
      const object = objectAsked(read);
      if (object?.kind === "Namespace" && object.name === namespace) return true;
      if (object) return kind === "unknown kind" || kind === "no webhook";
      return conditionAsked(read) !== undefined && kind !== "met";
    }),
    predict(own, { kind: "deployed", ...wanted }),
  ];
}

/** The removal of a release. */
export function removalOf(params: HelmAbsence, found: Found): Change {
  const { keepHistory, namespace, release, deadline } = params;
  const own = releaseRead(params);
  return {
    what: "release",
    from:
      found.kind === "under way"
        ? found.status
        : found.kind === "uninstalled"
          ? "uninstalled, with history"
          : "present",
    to: keepHistory ? "uninstalled" : "absent",
    commands: [uninstallRelease(params)],
    predicts: [
      unknowableWhere((read) => {
        if (readId(read) === readId(own)) return false;
        const other = releaseAsked(read);
        if (other) return other.namespace === namespace && other.release === release;
        return (objectAsked(read) ?? conditionAsked(read) ?? straysAsked(read)) !== undefined;
      }),
      predict(own, { kind: keepHistory ? "uninstalled" : "absent" }),
    ],
    deadlineMs: deadline + GRACE_MS,
  };
}
