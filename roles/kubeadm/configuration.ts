import { isDeepStrictEqual } from "node:util";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { blocked, type Change, converged, pending, predict, unknowableBy } from "../../lib/engine/plan.ts";
import { defineTask } from "../../lib/engine/task.ts";
import { textFile } from "../../lib/reads/text-file.ts";
import { SecretText } from "../../lib/secrets/secret.ts";
import { content, joinSh, rawSh, type Sh, sh } from "../../lib/shell/sh.ts";
import { ADMIN_CONF, RECORD } from "./cluster.ts";
import { writeRecord } from "./init.ts";
import { inPrivate } from "./private-files.ts";

/** Fixed when the cluster is formed; what changes each of them is another procedure, or none. */
const FIXED: readonly (readonly [path: string, remedy: string])[] = [
  ["clusterName", "form a new cluster for another name"],
  ["controlPlaneEndpoint", "certificates and kubeconfigs of every node hold it: form a new cluster for another one"],
  ["networking.podSubnet", "running pods hold addresses of it: form a new cluster for another range"],
  ["networking.serviceSubnet", "services hold addresses of it: form a new cluster for another range"],
  ["networking.dnsDomain", "running pods look up names in it: form a new cluster for another domain"],
  ["kubernetesVersion", "an upgrade goes node by node: a changed configuration does not do it"],
];

/**
 * `hw_pods` names the sandbox of each static pod; `hw_restarted BEFORE SERVER` waits until those whose manifest has
 * changed are others and the API server is ready. The kubelet looks at manifests every 20 seconds.
 */
const RESTARTED = `hw_manifests() { (cd /etc/kubernetes/manifests && sha256sum kube-apiserver.yaml kube-controller-manager.yaml kube-scheduler.yaml etcd.yaml); }
hw_pod() { crictl pods --name "^$1-" --state Ready -q 2>/dev/null | head -n 1; }
hw_restarted() {
  hw_end=$(($(date +%s) + 180)); hw_now=$(hw_manifests)
  for hw_p in kube-apiserver kube-controller-manager kube-scheduler etcd; do
    hw_was=$(printf '%s\\n' "$1" | grep " $hw_p.yaml$"); hw_is=$(printf '%s\\n' "$hw_now" | grep " $hw_p.yaml$")
    [ "$hw_was" != "$hw_is" ] || continue
    hw_old=$(printf '%s\\n' "$2" | sed -n "s/^$hw_p //p"); echo "waiting for $hw_p to restart"
    while hw_new=$(hw_pod "$hw_p"); [ -z "$hw_new" ] || [ "$hw_new" = "$hw_old" ]; do
      [ "$(date +%s)" -lt "$hw_end" ] || { echo "$hw_p has not been restarted by the kubelet"; return 1; }
      sleep 1
    done
  done
  while ! kubectl --kubeconfig ${ADMIN_CONF} --server "$3" --request-timeout=5s get --raw /readyz >/dev/null 2>&1; do
    [ "$(date +%s)" -lt "$hw_end" ] || { echo "the API server at $3 is not ready"; return 1; }
    sleep 1
  done
}
hw_before=$(hw_manifests); hw_old_pods=$(for hw_p in kube-apiserver kube-controller-manager kube-scheduler etcd; do echo "$hw_p $(hw_pod "$hw_p")"; done)`;

/**
 * A control plane that is formed as configured. Where its record says something else, the difference is shown, and
 * applied as the documentation says: the configuration is uploaded, and the static pods of this node are made anew.
 * Where there is no record, forming was interrupted late, or done by somebody else: the phases that may be missing are
 * done, all of which may be done again.
 *
 * @see Kubernetes documentation, "Reconfiguring a kubeadm cluster"
 */
export const kubeadmConfiguration = defineTask({
  name: "kubeadmConfiguration",
  params: z.strictObject({
    name: z.string(),
    /** This node's own API server. */
    server: z.string(),
    /** With a token, since forming may have to be brought to its end. */
    config: z.instanceof(SecretText),
    record: z.string(),
  }),
  subject: ({ name }) => name,
  reads: () => ({ recorded: textFile(RECORD) }),
  plan({ server, config, record }, { recorded }) {
    const old = recorded.kind === "text" ? recorded.text : undefined;
    if (old === record) return converged("formed as configured");
    const fixed = old === undefined ? [] : fixedDifferences(old, record);
    if (fixed.length > 0) return blocked(fixed.join("; "));
    const was = documentsOf(old ?? "");
    const is = documentsOf(record);
    const differs = (path: string) => !isDeepStrictEqual(valueAt(was, path), valueAt(is, path));
    const phases: readonly (readonly string[])[] = [
      ...(differs("ClusterConfiguration.etcd") || differs("patches.etcd") ? [["etcd", "local"]] : []),
      ["control-plane", "all"],
      ["upload-config", "all"],
      ...(old === undefined
        ? [
            ["mark-control-plane"],
            ["bootstrap-token", "--skip-token-print"],
            ["kubelet-finalize", "all"],
            ["addon", "all"],
          ]
        : differs("KubeProxyConfiguration")
          ? [["addon", "kube-proxy"]]
          : []),
    ];
    const certificate = old !== undefined && differs("ClusterConfiguration.apiServer.certSANs");
    const change: Change = {
      what: "configuration",
      from: old === undefined ? "not recorded: forming did not come to its end here" : "another",
      to: old === undefined ? "formed to its end" : "as configured",
      diff: { path: RECORD, before: old, after: record },
      commands: [
        rawSh(RESTARTED),
        inPrivate(
          { config: content(config) },
          joinSh([...(certificate ? [newCertificate] : []), ...phases.map(phase)], " &&\n"),
        ),
        ...(old !== undefined && differs("KubeProxyConfiguration") ? [restartKubeProxy] : []),
        sh`hw_restarted "$hw_before" "$hw_old_pods" ${server}`,
        writeRecord(record),
      ],
      predicts: [
        // Phases that bring forming to its end set taints, and more; those of a changed configuration alter none of it.
        ...(old === undefined ? [unknowableBy(ADMIN_CONF)] : []),
        predict(textFile(RECORD), { kind: "text", text: record }),
      ],
      deadlineMs: 10 * 60_000,
    };
    return pending([change]);
  },
});

function phase(words: readonly string[]): Sh {
  return sh`kubeadm init phase ${words} --config "$hw_d/config"`;
}

/** kubeadm leaves a certificate that is there as it is: the old one is moved away, and back if there is no new one. */
const newCertificate =
  rawSh(`for hw_x in crt key; do mv /etc/kubernetes/pki/apiserver.$hw_x "$hw_d/apiserver.$hw_x" || exit 1; done
kubeadm init phase certs apiserver --config "$hw_d/config" || { mv "$hw_d"/apiserver.crt "$hw_d"/apiserver.key /etc/kubernetes/pki/; exit 1; }
touch /etc/kubernetes/manifests/kube-apiserver.yaml; hw_c=$(crictl ps --name '^kube-apiserver$' -q) && crictl stop $hw_c >/dev/null`);

const restartKubeProxy = sh`kubectl --kubeconfig ${ADMIN_CONF} -n kube-system rollout restart daemonset/kube-proxy`;

function fixedDifferences(old: string, wanted: string): readonly string[] {
  const was = documentsOf(old);
  const is = documentsOf(wanted);
  return FIXED.flatMap(([path, remedy]) => {
    const before = valueAt(was, `ClusterConfiguration.${path}`);
    const after = valueAt(is, `ClusterConfiguration.${path}`);
    return isDeepStrictEqual(before, after)
      ? []
      : [`${path} is ${JSON.stringify(before)} and cannot become ${JSON.stringify(after)}: ${remedy}`];
  });
}

/** The documents of a record by their kinds; patches by the component that they are for, under `patches`. */
function documentsOf(text: string): Readonly<Record<string, unknown>> {
  const values = parseAllDocuments(text).flatMap((document) => {
    const value: unknown = document.toJS();
    return typeof value === "object" && value !== null ? [value as Record<string, unknown>] : [];
  });
  const patches = values.filter(({ kind }) => kind === "Pod").map((value) => [valueAt(value, "metadata.name"), value]);
  const others = values.filter(({ kind }) => kind !== "Pod").map((value) => [String(value.kind), value]);
  return { ...Object.fromEntries(others), patches: Object.fromEntries(patches) };
}

function valueAt(value: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((found, key) => (found as Record<string, unknown> | undefined)?.[key], value);
}
