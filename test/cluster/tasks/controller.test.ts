import { mkdtempSync, writeFileSync } from "node:fs";
import { glob, mkdir, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import type { RunEvent } from "../../../lib/engine/events.ts";
import { errorOf } from "../../hosts/_playbook.ts";
import { capture, run } from "../../lab/command.ts";
import { mirrorPaths } from "../../lab/mirror/places.ts";
import { changesIn } from "../_cluster.ts";
import { controlPlane, kubectlOn } from "./_api.ts";

const site = await controlPlane();
const NAMESPACE = "hw-afar";
const folder = mkdtempSync(join(tmpdir(), "hostwright-controller-"));
const playbook = fileURLToPath(new URL("../fixtures/from-controller.mts", import.meta.url));

test.before(async () => {
  for await (const name of glob("files/**/amd64/{kubectl,kubernetes-programs,helm}*.deb", {
    cwd: mirrorPaths.current,
  })) {
    await run("dpkg-deb", ["--extract", join(mirrorPaths.current, name), folder]);
  }
  await mkdir(join(folder, "programs"));
  for (const name of ["kubectl", "helm"]) await symlink(join(folder, "usr/bin", name), join(folder, "programs", name));
  await mkdir(join(folder, "chart/templates"), { recursive: true });
  writeFileSync(join(folder, "chart/Chart.yaml"), "apiVersion: v2\nname: afar\nversion: 1.2.3\n");
  const template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\ndata: {text: {{ .Values.text | quote }}}\n";
  writeFileSync(join(folder, "chart/templates/one.yaml"), template);
  const { stdout } = await site.host.exec("cat /etc/kubernetes/admin.conf");
  writeFileSync(join(folder, "kubeconfig"), stdout, { mode: 0o600 });
  const vars = { kubeconfig: join(folder, "kubeconfig"), chart: join(folder, "chart"), namespace: NAMESPACE };
  writeFileSync(join(folder, "inventory.yaml"), JSON.stringify({ all: { vars } }));
});
test.after.always(async () => {
  await kubectlOn(site, `delete namespace ${NAMESPACE} --ignore-not-found`);
  await run("rm", ["-r", folder]);
});

/** Runs the playbook on a controller that has kubectl and helm: here, where nobody but the playbook sees them. */
async function runHere(args: readonly string[] = []): Promise<readonly RunEvent[]> {
  const script = `mount --bind ${folder}/programs /usr/local/bin && exec "$@"`;
  const words = [process.execPath, playbook, "--json", "-i", join(folder, "inventory.yaml"), ...args];
  const { stdout, stderr } = await capture("unshare", ["--mount", "sh", "-c", script, "sh", ...words]);
  if (stdout === "") throw new Error(stderr);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

test.serial("objects and releases are set up from the controller, by a kubeconfig", async (t) => {
  const foretold = changesIn(await runHere(["--check"]));
  const events = await runHere();
  t.is(errorOf(events), "");
  t.deepEqual(changesIn(events), [`localhost kubectl Namespace ${NAMESPACE}`, `localhost helm ${NAMESPACE}/one`]);
  t.deepEqual(foretold, changesIn(events));
  t.is(await kubectlOn(site, `-n ${NAMESPACE} get configmap one -o jsonpath='{.data.text}'`), "from afar");
  t.deepEqual(changesIn(await runHere()), []);
});
