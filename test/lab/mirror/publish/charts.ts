import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../command.ts";

/** Packs charts, each a directory, into a repository: its index names them by relative addresses. */
export async function writeChartRepository(
  dir: string,
  charts: readonly string[],
  helm: string,
  work: string,
): Promise<void> {
  mkdirSync(dir, { recursive: true });
  // Nothing of the user's own helm: no repositories, no plug-ins.
  const own = join(work, "helm");
  const env = { HELM_CONFIG_HOME: own, HELM_CACHE_HOME: own, HELM_DATA_HOME: own };
  for (const chart of charts) await run(helm, ["package", chart, "--destination", dir], { env });
  await run(helm, ["repo", "index", dir], { env });
}
