import type { Task } from "../../lib/engine/task.ts";
import { quote } from "../../lib/shell/quote.ts";
import { command } from "../../lib/tasks/command.ts";

/** Where it is noted which chart's definitions are there. The operator rewrites them, and what is noted on them. */
const NOTE = "hostwright.io/calico-crds";

/** One that the operator cannot start without. */
const DEFINITION = "crd/installations.operator.tigera.io";

/**
 * The definitions of Calico's kinds. Since 3.32 they are a chart beside the operator's: rendered, and applied by the
 * server, because they are too large for what kubectl notes on an object that it applies itself.
 *
 * They are applied once for each version of the chart, which is noted on the operator's namespace.
 *
 * @see Calico documentation, "Install using Helm" and "Upgrade Calico on Kubernetes"
 */
export function calicoCrds(chart: {
  readonly repository: string;
  readonly version: string;
  readonly namespace: string;
  readonly kubeconfig: string;
  readonly deadlineMs: number;
}): Task {
  const { repository, version, namespace, kubeconfig, deadlineMs } = chart;
  const kubectl = `kubectl --kubeconfig ${quote(kubeconfig)}`;
  const path = `{.items[0].metadata.annotations.${NOTE.replaceAll(".", "\\.")}}`;
  return command({
    title: `definitions of Calico ${version}`,
    run: [
      "f=$(mktemp)",
      `trap 'rm -f "$f"' EXIT`,
      `helm template calico-crds crd.projectcalico.org.v1 --repo ${quote(repository)} --version ${quote(version)} >"$f"`,
      `${kubectl} apply --server-side --force-conflicts --field-manager hostwright -f "$f"`,
      `${kubectl} wait --for=condition=Established ${DEFINITION} --timeout=60s`,
      `${kubectl} annotate --overwrite namespace/${namespace} ${quote(`${NOTE}=${version}`)}`,
    ].join("\n"),
    // Its first line is what reports show of it.
    unless: `# definitions of Calico ${version}, noted on namespace/${namespace}\n[ "$(${kubectl} get namespace/${namespace} ${DEFINITION} -o jsonpath=${quote(path)})" = ${quote(version)} ]`,
    deadlineMs,
  });
}
