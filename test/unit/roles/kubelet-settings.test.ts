import test from "ava";
import { fileContent } from "../../../lib/reads/file-content.ts";
import { path } from "../../../lib/reads/path.ts";
import { textFile } from "../../../lib/reads/text-file.ts";
import { KUBELET_PATCH, KubeletSettings, PATCHES } from "../../../roles/kubeadm/cluster.ts";
import { kubeletPatch, kubeletSettings } from "../../../roles/kubeadm/kubelet-settings.ts";
import { commandsOf, given, planOf, shown } from "../tasks/_plan.ts";

/** A role's parameters have their names in the order of the schema. */
const textOf = (settings: KubeletSettings) => kubeletPatch(KubeletSettings.parse(settings));

/** The plan for these settings where the patch has others, or nothing is there yet. */
function planWith(settings: KubeletSettings, before: KubeletSettings | undefined) {
  const wanted = textOf(settings);
  const found = before && textOf(before);
  const owned = { owner: "root", group: "root" };
  const content = fileContent(KUBELET_PATCH, Buffer.from(wanted), { secret: false });
  const self = found === undefined ? { type: "absent" as const } : { type: "file" as const, mode: "0644", ...owned };
  return planOf(kubeletSettings({ settings }), [
    given(path(KUBELET_PATCH), self),
    given(path(PATCHES), { type: "directory", mode: "0755", ...owned }),
    given(textFile(KUBELET_PATCH), found === undefined ? { kind: "absent" } : { kind: "text", text: found }),
    given(
      content,
      found === wanted
        ? { kind: "same" }
        : found === undefined
          ? { kind: "absent" }
          : { kind: "differs", digest: "of other bytes" },
    ),
  ]);
}

const size = (settings: KubeletSettings) => textOf(settings).length;
const tuned = { cpuManagerPolicy: "static", reservedSystemCPUs: "0", maxPods: 50 } as const;

const rows: readonly [string, KubeletSettings, KubeletSettings | undefined, string][] = [
  ["no patch yet", { maxPods: 50 }, undefined, `file: absent -> ${size({ maxPods: 50 })} bytes, 0644 root:root`],
  ["the same settings", tuned, tuned, "converged: 3 settings"],
  [
    "another value, which the kubelet's configuration takes over by itself",
    { ...tuned, maxPods: 60 },
    tuned,
    `content: other content -> ${size(tuned)} bytes, 0644 root:root`,
  ],
  [
    "one that is given up",
    { cpuManagerPolicy: "static", reservedSystemCPUs: "0" },
    tuned,
    `maxPods: set here -> the cluster's own\ncontent: other content -> ${size({ cpuManagerPolicy: "static", reservedSystemCPUs: "0" })} bytes, 0644 root:root`,
  ],
  [
    "all are given up",
    {},
    tuned,
    `reservedSystemCPUs, cpuManagerPolicy, maxPods: set here -> the cluster's own\ncontent: other content -> ${size({})} bytes, 0644 root:root`,
  ],
];
for (const [title, settings, before, expected] of rows) {
  test(`the kubelet's settings: ${title}`, (t) => t.is(shown(planWith(settings, before)), expected));
}

test("the CPU manager's state goes with its policy, and only then", (t) => {
  const removes = (settings: KubeletSettings) =>
    commandsOf(planWith(settings, tuned)).some((text) => /rm -f .*cpu_manager_state/.test(text));
  t.true(removes({}));
  t.false(removes({ cpuManagerPolicy: "static" }));
});
