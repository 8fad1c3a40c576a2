import test from "ava";
import { Secret } from "../../../lib/secrets/secret.ts";
import { helm } from "../../../lib/tasks/helm.ts";
import { converge, prove } from "../../hosts/_host.ts";
import { controlPlane, kubectlOn } from "./_api.ts";

const site = await controlPlane();
const NAMESPACE = "hw-helm";
const CHART = "/root/hw-chart";

const TEMPLATE = `apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
data: {text: {{ .Values.text | quote }}, extra: {{ .Values.extra | toJson | quote }}}
{{- if .Values.broken }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: Not-A-Name}
{{- end }}
`;

async function writeChart(version: string): Promise<void> {
  const chart = `apiVersion: v2\nname: hw-chart\nversion: ${version}\nappVersion: "1"\n`;
  await site.host.exec(`mkdir -p ${CHART}/templates
printf %s '${chart}' > ${CHART}/Chart.yaml
printf %s 'text: default\nextra: {}\n' > ${CHART}/values.yaml
printf %s '${TEMPLATE}' > ${CHART}/templates/all.yaml`);
}

test.before(async () => {
  await kubectlOn(site, `delete namespace ${NAMESPACE} --ignore-not-found`);
  await writeChart("1.2.3");
});
test.after.always(async () => {
  await kubectlOn(site, `delete namespace ${NAMESPACE} --ignore-not-found`);
});

const release = (values: object, more: { repair?: boolean } = {}) =>
  helm({ release: "one", namespace: NAMESPACE, chart: { path: CHART }, values, deadline: "1m", ...more });

const lines = (results: Awaited<ReturnType<typeof converge>>["results"]) =>
  results.flatMap(({ changes }) => changes.map(({ what, from, to }) => `${what}: ${from} -> ${to}`));

test.serial("a release is made, kept, and upgraded with other values", async (t) => {
  const made = await prove(t, site, [release({ text: "one <&> ä\n", extra: { b: [1, 1.5, true, null], a: 1e21 } })]);
  t.deepEqual(lines(made.results), ["release: absent -> hw-chart 1.2.3"]);
  const other = await prove(t, site, [release({ text: "two" })]);
  t.deepEqual(lines(other.results), ["values: others -> as demanded"]);
  t.regex(other.results[0]?.changes[0]?.diff?.before ?? "", /extra:\n {2}a: 1e\+21/);
  t.is(await kubectlOn(site, `get configmap one -n ${NAMESPACE} -o jsonpath='{.data}'`), '{"extra":"{}","text":"two"}');
  await prove(t, site, [release({})]);
});

test.serial("another version of the chart is an upgrade", async (t) => {
  await writeChart("1.3.0");
  const { results } = await prove(t, site, [release({})]);
  t.deepEqual(lines(results), ["chart: hw-chart 1.2.3 -> hw-chart 1.3.0"]);
});

test.serial("values with secrets show in nothing, and are compared all the same", async (t) => {
  const values = (word: string) => ({ text: new Secret(word), extra: { quote: '"<&>\u2028', n: 12.5, list: [] } });
  const first = await prove(t, site, [release(values("hunter2-secret"))]);
  const second = await prove(t, site, [release(values("correct-horse"))]);
  t.notRegex(JSON.stringify([first, second]), /hunter2|correct-horse/);
  t.is(await kubectlOn(site, `get configmap one -n ${NAMESPACE} -o jsonpath='{.data.text}'`), "correct-horse");
});

test.serial("an upgrade that fails is told, and made good by the next", async (t) => {
  const { error } = await converge(site.lab, site.host, [release({ broken: true })]);
  t.regex(error?.message ?? "", /helm hw-helm\/one failed with status 1 .*Not-A-Name/);
  const { results } = await prove(t, site, [release({ text: "good" })]);
  t.deepEqual(lines(results), ["values: others -> as demanded", "last upgrade: failed -> deployed"]);
});

test.serial("a release at which a helm was killed is told, and repaired on demand", async (t) => {
  await site.host.exec(`cat > /root/stuck.sh <<'X'
set -e
K="kubectl --kubeconfig /etc/kubernetes/admin.conf -n ${NAMESPACE}"
last=$($K get secret -l owner=helm,name=one -o name --sort-by=.metadata.creationTimestamp | tail -n 1)
$K get "$last" -o jsonpath='{.data.release}' | base64 -d | base64 -d | gunzip | sed 's/"status":"deployed"/"status":"pending-upgrade"/; s/"version":\\([0-9]*\\),"namespace"/"version":99,"namespace"/' > /root/release.json
$K create secret generic sh.helm.release.v1.one.v99 --type=helm.sh/release.v1 --from-literal=release="$(gzip -c /root/release.json | base64 -w0)"
$K label secret sh.helm.release.v1.one.v99 owner=helm name=one status=pending-upgrade version=99
X
sh /root/stuck.sh`);
  const stuck = await converge(site.lab, site.host, [release({ text: "good" })]);
  t.regex(stuck.error?.message ?? "", /release one in hw-helm is pending-upgrade since 20.*: a helm still works on it/);
  const { results } = await prove(t, site, [release({ text: "good" }, { repair: true })]);
  t.regex(lines(results).join(), /^release: pending-upgrade since .* -> repaired, then hw-chart 1.3.0$/);
});

test.serial("a release is removed, its history kept or not", async (t) => {
  const gone = (keepHistory: boolean) =>
    helm({ release: "one", namespace: NAMESPACE, state: "absent", keepHistory, deadline: "1m" });
  await prove(t, site, [gone(true)]);
  await prove(t, site, [gone(false)]);
  await prove(t, site, [gone(false)], ["ok"]);
});

test.serial("without a chart there it says so", async (t) => {
  const task = helm({ release: "two", namespace: NAMESPACE, chart: { path: "/root/none" } });
  const { error } = await converge(site.lab, site.host, [task]);
  t.regex(error?.message ?? "", /helm hw-helm\/two is blocked: \/root\/none is no chart: .*; copy one there before/);
});
