import { parse as parseYaml } from "yaml";
import { defineRead } from "../engine/read.ts";
import { joinSh, rawSh, sh } from "../shell/sh.ts";
import { withoutV } from "./helm-release.ts";
import { kubectlFunctions } from "./kubernetes-access.ts";
import { linesOf, splitRecords } from "./records.ts";

/** A chart that lies on the host. */
export type LocalChart =
  | { readonly kind: "found"; readonly name: string; readonly version: string }
  | { readonly kind: "no helm" }
  | { readonly kind: "none"; readonly reason: string };

const CHARTS = `hw_chart() {
  echo =; command -v helm >/dev/null || { echo 'no helm'; return 0; }
  if hw_o=$(HOME=\${HOME:-/root} helm show chart "$1" 2>&1); then printf '%s\\n' "$hw_o" | awk '/^(name|version):/'
  else echo "none $(hw_flat "$hw_o")"
  fi
}`;

/** Name and version of a chart on the host: a directory, or an archive. */
export const localChart = defineRead<LocalChart>({
  name: "helm-chart",
  ask: (paths) => joinSh([kubectlFunctions(""), rawSh(CHARTS), ...paths.map((path) => sh`hw_chart ${path}`)]),
  split: splitRecords,
  parse: parseChart,
  hangsOn: (chart, path) => path === chart || path.startsWith(`${chart}/`),
});

export function parseChart(record: Buffer): LocalChart {
  const lines = linesOf(record);
  const [first = ""] = lines;
  if (first === "no helm") return { kind: "no helm" };
  if (first.startsWith("none ")) return { kind: "none", reason: first.slice(5).trim() };
  const { name, version } = parseYaml(lines.join("\n")) as Record<string, unknown>;
  return { kind: "found", name: String(name), version: withoutV(String(version)) };
}
