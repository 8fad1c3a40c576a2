import { posix } from "node:path";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { blocked, type Change, pending, unknowableWhere } from "../../lib/engine/plan.ts";
import { defineTask } from "../../lib/engine/task.ts";
import { pathOfRead } from "../../lib/reads/about-path.ts";
import { type TextFile, textFile } from "../../lib/reads/text-file.ts";
import { content, sh } from "../../lib/shell/sh.ts";
import { fileChanges, fileObstacle, fileReads, type WantedFile } from "../../lib/tasks/install-file.ts";
import { CPU_STATE, KUBELET_CONF, KUBELET_CONFIG, KUBELET_PATCH, KubeletSettings } from "./cluster.ts";
import { kubeletUnknown } from "./predictions.ts";
import { inPrivate } from "./private-files.ts";

/**
 * The patch of this node's kubelet, which says what was asked for until now as well: a setting in it that is asked for
 * no more is given up, and the cluster's own holds again. For that kubeadm makes the kubelet's configuration anew, from
 * the cluster's and the new patch, as an upgrade does.
 *
 * @see Kubernetes documentation, "Reconfiguring a kubeadm cluster", reflecting the kubelet changes
 */
export const kubeletSettings = defineTask({
  name: "kubeletSettings",
  params: z.strictObject({ settings: KubeletSettings }),
  subject: () => KUBELET_PATCH,
  reads: ({ settings }) => ({ ...fileReads(patchOf(settings)), before: textFile(KUBELET_PATCH) }),
  plan({ settings }, state) {
    const obstacle = fileObstacle(KUBELET_PATCH, state);
    if (obstacle) return blocked(obstacle);
    const given = givenUp(state.before, settings);
    const changes = fileChanges(patchOf(settings), state);
    return pending(
      given.length > 0 ? [restoration(given, settings), ...changes] : changes,
      `${Object.keys(settings).length} settings`,
    );
  },
});

/** The patch as a text. */
export function kubeletPatch(settings: KubeletSettings): string {
  return stringify({ apiVersion: "kubelet.config.k8s.io/v1beta1", kind: "KubeletConfiguration", ...settings });
}

function patchOf(settings: KubeletSettings): WantedFile {
  const bytes = Buffer.from(kubeletPatch(settings));
  return { path: KUBELET_PATCH, bytes, secret: false, mode: "0644", owner: "root", group: "root" };
}

function givenUp(before: TextFile, settings: KubeletSettings): readonly string[] {
  if (before.kind !== "text") return [];
  const { apiVersion, kind, ...old }: Record<string, unknown> = parse(before.text) ?? {};
  return Object.keys(old).filter((name) => settings[name] === undefined);
}

/** Which CPU manager policy will hold is kubeadm's to find out: on the state of another one no kubelet starts. */
function restoration(given: readonly string[], settings: KubeletSettings): Change {
  const stateGoes = given.includes("cpuManagerPolicy");
  const unknown = new Set([KUBELET_CONFIG, ...(stateGoes ? [CPU_STATE] : [])]);
  return {
    what: given.join(", "),
    from: "set here",
    to: "the cluster's own",
    commands: [
      inPrivate(
        { [posix.basename(KUBELET_PATCH)]: content(kubeletPatch(settings)) },
        sh`kubeadm upgrade node phase kubelet-config --kubeconfig ${KUBELET_CONF} --patches "$hw_d"`,
      ),
      ...(stateGoes ? [sh`systemctl stop kubelet.service && rm -f ${CPU_STATE}`] : []),
    ],
    predicts: [kubeletUnknown, unknowableWhere((read) => unknown.has(pathOfRead(read) ?? ""))],
  };
}
