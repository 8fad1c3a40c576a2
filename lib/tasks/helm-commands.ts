import { asciiJson } from "../kubernetes/go-json.ts";
import { hasSecret, reveal } from "../kubernetes/reveal.ts";
import { HELM } from "../reads/helm-release.ts";
import { kubectlFunctions } from "../reads/kubernetes-access.ts";
import { content, joinSh, rawSh, type Sh, sh } from "../shell/sh.ts";
import type { HelmAbsence, HelmParams } from "./helm-params.ts";

/** Where helm gives up it says little; what is not well in the namespace says more. */
const TOLD = `hw_told() {
  "$@" >/dev/null && return; hw_r=$?
  kubectl --kubeconfig "$hw_c" get pods --namespace "$hw_ns" --no-headers 2>/dev/null |
    grep -v -E ' (Running|Completed) +0 ' | head -n 10 | sed 's/^/pod /'
  return "$hw_r"
}`;

function helmText({ kubeconfig, namespace }: HelmParams | HelmAbsence, command: Sh): Sh {
  return joinSh([kubectlFunctions(kubeconfig), sh`hw_ns=${namespace}`, rawSh(HELM), rawSh(TOLD), command]);
}

/** Installs or upgrades a release; its values come on standard input, as JSON, which is YAML. */
export function upgradeRelease(params: HelmParams): Sh {
  const { release, namespace, chart, values } = params;
  const body = { ...content(asciiJson(reveal(values))), secret: hasSecret(values) };
  const words = [
    ...["upgrade", "--install", "--namespace", namespace],
    ...(params.createNamespace ? ["--create-namespace"] : []),
    // Otherwise helm keeps the values of the release before where none are demanded now.
    ...["--reset-values", "--values", "-", "--history-max", params.historyMax],
    ...timing(params),
    ...(params.skipCrds ? ["--skip-crds"] : []),
    ...("repository" in chart ? ["--repo", chart.repository] : []),
    ...("version" in chart ? ["--version", chart.version] : []),
    ...[release, "path" in chart ? chart.path : "oci" in chart ? chart.oci : chart.name],
  ];
  return helmText(params, sh`{ ${body}; } | hw_told hw_helm ${words}`);
}

/** Rolls a release back to what was deployed last; where nothing ever was, it is removed. */
export function repairRelease(params: HelmParams): Sh {
  const { release, namespace } = params;
  const place = ["--namespace", namespace, release];
  return helmText(
    params,
    sh`hw_d=$(hw_helm history -o json ${place} | awk -v RS='}' '/"status":"deployed"/ { sub(/.*"revision":/, ""); sub(/,.*/, ""); r = $0 } END { print r }') || exit
if [ -n "$hw_d" ]; then echo "back to revision $hw_d"; hw_told hw_helm rollback ${[...timing(params), ...place]} "$hw_d"
else echo "never deployed: removing it"; hw_told hw_helm uninstall ${[...timing(params), ...place]}
fi`,
  );
}

export function uninstallRelease(params: HelmAbsence): Sh {
  const { release, namespace, keepHistory } = params;
  const words = ["--namespace", namespace, ...(keepHistory ? ["--keep-history"] : []), ...timing(params), release];
  return helmText(params, sh`hw_told hw_helm uninstall ${words}`);
}

function timing({ deadline, wait }: HelmParams | HelmAbsence): readonly string[] {
  return ["--timeout", `${Math.ceil(deadline / 1000)}s`, ...(wait ? ["--wait"] : [])];
}
