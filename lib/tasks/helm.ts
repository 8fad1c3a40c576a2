import type { z } from "zod";
import { blocked, type Plan, pending } from "../engine/plan.ts";
import type { Read } from "../engine/read.ts";
import { defineTask } from "../engine/task.ts";
import { goJson } from "../kubernetes/go-json.ts";
import { hasSecret, reveal } from "../kubernetes/reveal.ts";
import { sha256 } from "../reads/file-content.ts";
import { type LocalChart, localChart } from "../reads/helm-chart.ts";
import { type ReleaseContent, type ReleaseState, withoutV } from "../reads/helm-release.ts";
import { accessRemedy } from "../reads/kubernetes-access.ts";
import { releaseRead, removalOf, upgradeOf } from "./helm-changes.ts";
import { AllHelmParams } from "./helm-params.ts";

/**
 * A release of helm: this chart in this version with these values, or none.
 *
 * - The plan compares with what helm has recorded of the release. What somebody changed in its objects past helm is not
 *   seen; helm itself corrects it with the next upgrade.
 * - Values are the whole of what is demanded: what an earlier release had besides is dropped.
 * - A release whose last upgrade failed is upgraded again. One at which a helm still works, or was killed, blocks the
 *   task; with `repair: true` it is rolled back to what was deployed last, or removed, and then upgraded. Make sure that
 *   no other helm is at work.
 * - Values with Secrets are compared by digest on the host, reach helm on its standard input and show in no difference.
 *
 * @example
 * helm({
 *   release: "metallb",
 *   namespace: "metallb-system",
 *   chart: { repository: "https://metallb.github.io/metallb", name: "metallb", version: "0.16.1" },
 *   values: { speaker: { frr: { enabled: false } } },
 * });
 * helm({ release: "old", namespace: "default", state: "absent" });
 * @throws UsageError for parameters that are not valid
 * @see https://helm.sh/docs/helm/helm_upgrade/
 */
export const helm = defineTask({
  name: "helm",
  params: AllHelmParams,
  subject: ({ namespace, release }) => `${namespace}/${release}`,
  reads: helmReads,
  plan(params, state): Plan {
    const { kubeconfig, namespace, release } = params;
    const found = state.release;
    if (found.kind === "no access") return blocked(accessRemedy(found, kubeconfig));
    if (found.kind === "refused") return blocked(`helm cannot tell of release ${release}: ${found.reason}`);
    if (params.state === "absent") {
      const isGone = found.kind === "absent" || (found.kind === "uninstalled" && params.keepHistory);
      return pending(isGone ? [] : [removalOf(params, found)], "not there");
    }
    if (found.kind === "under way" && !params.repair) {
      return blocked(
        `release ${release} in ${namespace} is ${found.status} since ${found.since}: a helm still works on it, or was killed; wait for it, or demand repair: true, which rolls it back to what was deployed last`,
      );
    }
    const chart = "path" in params.chart ? localIdentity(params.chart.path, state.chart) : named(params.chart);
    if (typeof chart === "string") return blocked(chart);
    const wanted: ReleaseContent = { ...chart, values: wantedValues(params.values) };
    return pending(upgradeOf(params, found, wanted), `${wanted.chart} ${wanted.version} with these values`);
  },
});

type HelmReads = { release: Read<ReleaseState>; chart?: Read<LocalChart> };

function helmReads(params: z.output<typeof AllHelmParams>): HelmReads {
  return {
    release: releaseRead(params),
    ...("chart" in params && "path" in params.chart && { chart: localChart(params.chart.path) }),
  };
}

/** As helm prints them, or the digest of that. */
function wantedValues(values: object): string {
  const json = goJson(reveal(values));
  return hasSecret(values) ? sha256(`${json}\n`) : json;
}

function named(
  chart: { name: string; version: string } | { oci: string; version: string },
): Omit<ReleaseContent, "values"> {
  const name = "oci" in chart ? chart.oci.slice(chart.oci.lastIndexOf("/") + 1) : chart.name;
  return { chart: name, version: withoutV(chart.version) };
}

function localIdentity(path: string, found: LocalChart | undefined): Omit<ReleaseContent, "values"> | string {
  if (found?.kind === "found") return { chart: found.name, version: found.version };
  return `${path} is no chart${found?.kind === "none" ? `: ${found.reason}` : ""}; copy one there before`;
}
