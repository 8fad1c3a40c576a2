import test from "ava";
import { readId } from "../../../lib/engine/read.ts";
import { UsageError } from "../../../lib/errors.ts";
import { sha256 } from "../../../lib/reads/file-content.ts";
import { type LocalChart, localChart } from "../../../lib/reads/helm-chart.ts";
import { helmRelease, type ReleaseState } from "../../../lib/reads/helm-release.ts";
import { Secret } from "../../../lib/secrets/secret.ts";
import { helm } from "../../../lib/tasks/helm.ts";
import { kubectl } from "../../../lib/tasks/kubectl.ts";
import { commandsOf, given, planOf, shown } from "./_plan.ts";

type Params = Parameters<typeof helm>[0];

const name = { kubeconfig: "/etc/kubernetes/admin.conf", namespace: "n", release: "web" };
const chart = { repository: "https://charts.example.com", name: "web", version: "1.2.3" };
const common = { release: "web", namespace: "n", chart } as const;
const deployed = { kind: "deployed", chart: "web", version: "1.2.3", values: "{}" } as const;
const found = (answer: ReleaseState, aspect: "values" | "digest" | "none" = "values") =>
  given(helmRelease(name, aspect), answer);
const at = (answer: LocalChart) => given(localChart("/srv/web"), answer);
const stuck = { kind: "under way", status: "pending-upgrade", since: "2026-11-21T10:00:00Z" } as const;
const ABSENT = { release: "web", namespace: "n", state: "absent" } as const;

const rows: readonly [string, Params, Parameters<typeof planOf>[1], string][] = [
  ["a release as it should be", common, [found(deployed)], "converged: web 1.2.3 with these values"],
  ["a release that is missing", common, [found({ kind: "absent" })], "release: absent -> web 1.2.3"],
  [
    "a release of which only history is kept",
    common,
    [found({ kind: "uninstalled" })],
    "release: uninstalled -> web 1.2.3",
  ],
  ["another version", common, [found({ ...deployed, version: "1.2.2" })], "chart: web 1.2.2 -> web 1.2.3"],
  [
    "another chart and other values",
    common,
    [found({ ...deployed, chart: "old", values: '{"a":1}' })],
    "chart: old 1.2.3 -> web 1.2.3\nvalues: others -> as demanded",
  ],
  [
    "values in another order are the same",
    { ...common, values: { b: [1, { d: 1, c: null }], a: "<" } },
    [found({ ...deployed, values: '{"a":"\\u003c","b":[1,{"c":null,"d":1}]}' })],
    "converged: web 1.2.3 with these values",
  ],
  ["an upgrade that failed", common, [found({ ...deployed, kind: "failed" })], "last upgrade: failed -> deployed"],
  [
    "a chart by its reference",
    { ...common, chart: { oci: "oci://example.com/charts/web", version: "v1.2.3" } },
    [found(deployed)],
    "converged: web 1.2.3 with these values",
  ],
  [
    "a chart on the host",
    { ...common, chart: { path: "/srv/web" } },
    [found(deployed), at({ kind: "found", name: "web", version: "1.3.0" })],
    "chart: web 1.2.3 -> web 1.3.0",
  ],
  [
    "no chart on the host",
    { ...common, chart: { path: "/srv/web" } },
    [found(deployed), at({ kind: "none", reason: "not found" })],
    "blocked: /srv/web is no chart: not found; copy one there before",
  ],
  [
    "a helm that works, or was killed, blocks",
    common,
    [found(stuck)],
    "blocked: release web in n is pending-upgrade since 2026-11-21T10:00:00Z: a helm still works on it, or was killed; wait for it, or demand repair: true, which rolls it back to what was deployed last",
  ],
  [
    "unless it is to be repaired",
    { ...common, repair: true },
    [found(stuck)],
    "release: pending-upgrade since 2026-11-21T10:00:00Z -> repaired, then web 1.2.3",
  ],
  [
    "no helm blocks",
    common,
    [found({ kind: "no access", why: "no helm" })],
    "blocked: helm is not installed; the role helm installs it",
  ],
  [
    "what helm cannot tell blocks",
    common,
    [found({ kind: "refused", reason: "forbidden" })],
    "blocked: helm cannot tell of release web: forbidden",
  ],
  [
    "secret values by their digest",
    { ...common, values: { a: new Secret("x<y") } },
    [found({ ...deployed, values: sha256('{"a":"x\\u003cy"}\n') }, "digest")],
    "converged: web 1.2.3 with these values",
  ],
  [
    "a release that should not be there and is not",
    ABSENT,
    [found({ kind: "absent" }, "none")],
    "converged: not there",
  ],
  ["a release that should not be there", ABSENT, [found(deployed, "none")], "release: present -> absent"],
  [
    "a release whose history should go as well",
    ABSENT,
    [found({ kind: "uninstalled" }, "none")],
    "release: uninstalled, with history -> absent",
  ],
  [
    "a release whose history may stay",
    { ...ABSENT, keepHistory: true },
    [found({ kind: "uninstalled" }, "none")],
    "converged: not there",
  ],
];

for (const [title, params, state, expected] of rows) {
  test(title, (t) => {
    t.is(shown(planOf(helm(params), state)), expected);
  });
}

const last = (params: Params, state: ReleaseState, aspect?: "digest" | "none") =>
  commandsOf(planOf(helm(params), [found(state, aspect)])).map((text) =>
    text.slice(text.lastIndexOf("}\n", text.length - 4) + 2),
  );

test("the command is what one would type, values on its standard input", (t) => {
  t.deepEqual(last({ ...common, values: { a: 1 } }, { kind: "absent" }), [
    "{ printf <7 bytes>; } | hw_told hw_helm upgrade --install --namespace n --create-namespace --reset-values --values - " +
      "--history-max 10 --timeout 600s --wait --repo https://charts.example.com --version 1.2.3 web web",
  ]);
  const bare = {
    ...common,
    createNamespace: false,
    wait: false,
    skipCrds: true,
    historyMax: 3,
    deadline: "90s",
  } as const;
  t.deepEqual(last({ ...bare, chart: { oci: "oci://example.com/web", version: "v1.0.0" } }, deployed), [
    "{ printf <2 bytes>; } | hw_told hw_helm upgrade --install --namespace n --reset-values --values - " +
      "--history-max 3 --timeout 90s --skip-crds --version v1.0.0 web oci://example.com/web",
  ]);
  t.deepEqual(last({ ...ABSENT, keepHistory: true }, deployed, "none"), [
    "hw_told hw_helm uninstall --namespace n --keep-history --timeout 600s --wait web",
  ]);
});

test("a repair goes back to what was deployed, or removes", (t) => {
  const [repair = ""] = commandsOf(planOf(helm({ ...common, repair: true }), [found(stuck)]));
  t.regex(repair, /hw_helm rollback --timeout 600s --wait --namespace n web "\$hw_d"/);
  t.regex(repair, /hw_helm uninstall --timeout 600s --wait --namespace n web/);
});

test("secret values show in no difference, command or key", (t) => {
  const params = { ...common, values: { a: { b: new Secret("hunter2") } } };
  const plan = planOf(helm(params), [found({ ...deployed, values: "0".repeat(64) }, "digest")]);
  t.like(plan.kind === "pending" && plan.changes[0].diff, { masked: "secret", before: undefined, after: undefined });
  t.notRegex(JSON.stringify([commandsOf(plan), helm(params).reads.map(readId)]), /hunter2/);
  t.is(helm(params).secrets[0]?.reveal(), "hunter2");
});

test("values that differ are shown as YAML", (t) => {
  const plan = planOf(helm({ ...common, values: { a: { b: 2 } } }), [found({ ...deployed, values: '{"a":{"b":1}}' })]);
  t.deepEqual(plan.kind === "pending" && plan.changes[0].diff, {
    path: "values of web",
    before: "a:\n  b: 1\n",
    after: "a:\n  b: 2\n",
  });
});

test("after it, kinds that were unknown are not known any more; other objects are", (t) => {
  const plan = planOf(helm(common), [found({ kind: "absent" })]);
  const predictions = plan.kind === "pending" ? plan.changes.flatMap(({ predicts }) => predicts) : [];
  const [read] = kubectl({ manifests: [{ apiVersion: "a/v1", kind: "Pool", metadata: { name: "p" } }] }).reads;
  if (!read) return t.fail();
  const isUnknown = (answer: unknown) =>
    predictions.some((each) => each.kind === "unknown-where" && each.matches(read, answer, () => undefined));
  t.true(isUnknown({ kind: "unknown kind" }));
  t.false(isUnknown({ kind: "same" }));
});

const mistakes: readonly [string, object, RegExp][] = [
  ["a range of versions", { ...common, chart: { ...chart, version: "1.x" } }, /chart.version: has to be one version/],
  [
    "credentials in a URL",
    { ...common, chart: { ...chart, repository: "https://a:b@example.com" } },
    /must not have credentials/,
  ],
  ["two ways to a chart", { ...common, chart: { ...chart, path: "/srv/web" } }, /chart/],
  ["values for what is to go", { ...ABSENT, values: {} }, /Unrecognized key/],
];
for (const [title, params, message] of mistakes) {
  test(`a mistake is told: ${title}`, (t) => {
    t.throws(() => helm(params as Params), { instanceOf: UsageError, message });
  });
}
