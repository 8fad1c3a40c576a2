import test from "ava";
import type { Prediction } from "../../../lib/engine/plan.ts";
import { UsageError } from "../../../lib/errors.ts";
import { fileDigest } from "../../../lib/reads/file-content.ts";
import { type TakenFile, takenFile } from "../../../lib/reads/taken-file.ts";
import { unitActive, unitFileState, unitLoad, unitReloadDue, unitTraits } from "../../../lib/reads/units.ts";
import { systemd } from "../../../lib/tasks/systemd.ts";
import { commandsOf, given, planOf, shown } from "./_plan.ts";

type Params = Parameters<typeof systemd>[0];
type State = Parameters<typeof planOf>[1];

const unit = "haproxy.service";
const cfg = "/etc/haproxy/haproxy.cfg";
const certs = "/etc/haproxy/certs.pem";

interface Unit {
  load?: string;
  active?: string;
  fileState?: string;
  due?: boolean;
  stays?: boolean;
  reloads?: boolean;
}

/** A unit that runs and is enabled, but for what is told. */
const is = ({
  load = "loaded",
  active = "active",
  fileState = "enabled",
  due = false,
  stays = true,
  reloads = true,
}: Unit = {}): State => [
  given(unitLoad(unit), load),
  given(unitActive(unit), active),
  given(unitFileState(unit), fileState),
  given(unitReloadDue(unit), due),
  given(unitTraits(unit), { stays, reloads }),
];

/** What the unit took of a file, and what the file is now. */
const took = (path: string, taken: TakenFile | string, now: string | undefined): State => [
  given(takenFile(unit, path), typeof taken === "string" ? { kind: "took", digest: taken } : taken),
  given(fileDigest(path), now),
];
const missing = { load: "not-found", active: "inactive", fileState: "" };
const masked = { load: "masked", active: "inactive", fileState: "masked" };

const started: Params = { unit, state: "started" };
const stopped: Params = { unit, state: "stopped" };
const watched: Params = { unit, state: "started", restartAfter: [cfg] };
const owed = `restart: owed: ${cfg} changed since ${unit} was started -> done`;

const rows: readonly [string, Params, State, string][] = [
  ["a unit that runs and should is converged", started, is(), "converged: started"],
  ["one that is reloading runs", started, is({ active: "reloading" }), "converged: started"],
  ["one that does not run is started", started, is({ active: "inactive" }), "state: inactive -> active"],
  ["one that has failed is started", started, is({ active: "failed" }), "state: failed -> active"],
  ["one that is starting is waited for", started, is({ active: "activating" }), "state: activating -> active"],
  ["one that should be stopped is", stopped, is(), "state: active -> inactive"],
  ["one that is stopping is waited for", stopped, is({ active: "deactivating" }), "state: deactivating -> inactive"],
  ["one that has failed is stopped", stopped, is({ active: "failed" }), "converged: stopped"],
  ["a missing unit blocks a start", started, is(missing), `blocked: unit ${unit} does not exist`],
  ["and to be enabled", { unit, enabled: true }, is(missing), `blocked: unit ${unit} does not exist`],
  ["and to be watched", { unit, restartAfter: [cfg] }, is(missing), `blocked: unit ${unit} does not exist`],
  ["a missing unit is stopped", stopped, is(missing), "converged: does not exist"],
  ["and disabled, and not masked", { unit, enabled: false, masked: false }, is(missing), "converged: does not exist"],
  ["one whose file is gone is stopped", stopped, is({ ...missing, active: "active" }), "state: active -> inactive"],
  ["a missing unit can be masked", { unit, masked: true }, is(missing), "mask: not masked -> masked"],
  [
    "a unit that systemd cannot load blocks a start",
    started,
    is({ load: "bad-setting", active: "inactive" }),
    `blocked: unit ${unit} cannot be loaded (bad-setting); "systemctl status ${unit}" tells why`,
  ],
  [
    "unless its file has changed since",
    started,
    is({ load: "bad-setting", active: "inactive", due: true }),
    "daemon-reload: due -> done\nstate: inactive -> active",
  ],
  [
    "a oneshot that does not remain cannot be found started",
    started,
    is({ active: "inactive", stays: false }),
    `blocked: unit ${unit} is a oneshot that is inactive when its work is done, so it can never be found started; give it RemainAfterExit=yes, or demand its timer`,
  ],
  [
    "a disabled unit is enabled",
    { unit, enabled: true },
    is({ fileState: "disabled" }),
    "enabled: disabled -> enabled",
  ],
  [
    "one enabled until the next boot is enabled for good",
    { unit, enabled: true },
    is({ fileState: "enabled-runtime" }),
    "enabled: enabled-runtime -> enabled",
  ],
  ["an enabled unit is converged", { unit, enabled: true }, is(), "converged: enabled"],
  ["an enabled unit is disabled", { unit, enabled: false }, is(), "enabled: enabled -> disabled"],
  ["a static unit counts as disabled", { unit, enabled: false }, is({ fileState: "static" }), "converged: disabled"],
  [
    "a static unit cannot be enabled",
    { unit, enabled: true },
    is({ fileState: "static" }),
    `blocked: ${unit} cannot be enabled: it has no [Install] section, and is started by other units; leave out enabled`,
  ],
  [
    "nor can an indirect one",
    { unit, enabled: true },
    is({ fileState: "indirect" }),
    `blocked: ${unit} cannot be enabled: it has nothing but Also= in its [Install] section, and is started by other units; leave out enabled`,
  ],
  [
    "a generated one can only be masked",
    { unit, enabled: false },
    is({ fileState: "generated" }),
    `blocked: ${unit} is generated at boot from something else (fstab, an init script) and can only be masked`,
  ],
  [
    "another name is refused",
    { unit, enabled: true },
    is({ fileState: "alias" }),
    `blocked: ${unit} is another name of a unit: demand that one`,
  ],
  [
    "a masked unit blocks a start",
    started,
    is(masked),
    `blocked: unit ${unit} is masked; demand masked: false as well`,
  ],
  ["a masked unit is stopped and disabled", { ...stopped, enabled: false }, is(masked), "converged: stopped, disabled"],
  [
    "a masked unit is unmasked, enabled and started",
    { ...started, enabled: true, masked: false },
    is(masked),
    "mask: masked -> not masked\nenabled: hidden by its mask -> enabled\nstate: inactive -> active",
  ],
  [
    "a unit is stopped before it is masked",
    { ...stopped, masked: true },
    is(),
    "state: active -> inactive\nmask: not masked -> masked",
  ],
  ["a masked unit is converged", { unit, masked: true }, is(masked), "converged: masked"],
  [
    "one masked until the next boot is masked for good",
    { unit, masked: true },
    is({ ...masked, fileState: "masked-runtime" }),
    "mask: until the next boot -> masked",
  ],
  ["a daemon-reload is done where it is due", started, is({ due: true }), "daemon-reload: due -> done"],
  ["a unit with the files as they are is converged", watched, [...is(), ...took(cfg, "a", "a")], "converged: started"],
  ["a changed file is a restart that is owed", watched, [...is(), ...took(cfg, "a", "b")], owed],
  ["so is one that is gone", watched, [...is(), ...took(cfg, "a", undefined)], owed],
  ["so is one that is new", watched, [...is(), ...took(cfg, { kind: "took", digest: undefined }, "a")], owed],
  [
    "so is one changed since an unrecorded start",
    watched,
    [...is(), ...took(cfg, { kind: "changed since" }, "a")],
    owed,
  ],
  [
    "a daemon-reload comes before the restart",
    watched,
    [...is({ due: true }), ...took(cfg, "a", "b")],
    `daemon-reload: due -> done\n${owed}`,
  ],
  [
    "a unit that starts with an old file is restarted",
    watched,
    [...is({ active: "activating" }), ...took(cfg, "a", "b")],
    owed,
  ],
  [
    "a start takes the files as they are",
    watched,
    [...is({ active: "inactive" }), ...took(cfg, { kind: "not running" }, "b")],
    "state: inactive -> active",
  ],
  [
    "a unit that need not run is owed nothing while it does not",
    { unit, restartAfter: [cfg] },
    [...is({ active: "inactive" }), ...took(cfg, { kind: "not running" }, "b")],
    "converged: runs with its files as they are",
  ],
  [
    "a unit that should be stopped is owed nothing",
    { ...stopped, restartAfter: [cfg] },
    [...is({ active: "inactive" }), ...took(cfg, { kind: "not running" }, "b")],
    "converged: stopped",
  ],
  [
    "a reload is owed by the files it is for",
    { ...started, reloadAfter: [certs] },
    [...is(), ...took(certs, "a", "b")],
    `reload: owed: ${certs} changed since ${unit} read it -> done`,
  ],
  [
    "a restart does for a reload",
    { ...watched, reloadAfter: [certs] },
    [...is(), ...took(cfg, "a", "b"), ...took(certs, "a", "b")],
    owed,
  ],
  [
    "a unit that cannot be reloaded is told so",
    { ...started, reloadAfter: [certs] },
    [...is({ reloads: false }), ...took(certs, "a", "b")],
    `blocked: unit ${unit} cannot be reloaded: it has no ExecReload=; put ${certs} into restartAfter`,
  ],
  [
    "a host without systemd is told so",
    started,
    is({ load: "no systemd" }),
    "blocked: systemd: it does not run on this host",
  ],
];

for (const [title, params, state, expected] of rows) {
  test(title, (t) => t.is(shown(planOf(systemd(params), state)), expected));
}

test("a name without a type is a service", (t) => {
  t.is(systemd({ unit: "haproxy", state: "started" }).subject, "haproxy.service");
  t.is(systemd({ unit: "apt-daily.timer", state: "stopped" }).subject, "apt-daily.timer");
  t.is(systemd({ unit: "org.example.Thing", state: "stopped" }).subject, "org.example.Thing.service");
});

test("digests are taken before the restart, and recorded behind it", (t) => {
  const [text = ""] = commandsOf(planOf(systemd(watched), [...is(), ...took(cfg, "a", "b")]));
  t.deepEqual(text.split("\n").slice(-3), [
    `hw_s=$(sha256sum -- ${cfg} 2>/dev/null)`,
    'hw_at=$(date +%s); { systemctl reset-failed -- haproxy.service 2>/dev/null; systemctl restart -- haproxy.service; } && hw_settle haproxy.service 0.5 30 || { hw_tell haproxy.service "$hw_at"; exit 1; }',
    `hw_record haproxy.service "$hw_s" ${cfg}`,
  ]);
});

test("a restart predicts what the unit will have taken, other tasks' files excepted", (t) => {
  const plan = planOf(systemd(watched), [...is(), ...took(cfg, "a", "b")]);
  const predicts: readonly Prediction[] =
    plan.kind === "pending" ? plan.changes.flatMap((change) => change.predicts) : [];
  const answers = predicts.flatMap((each) => (each.kind === "answer" ? [[each.read.key, each.answer]] : []));
  t.deepEqual(answers, [
    [`${unit} active`, "active"],
    [`${unit} taken ${cfg}`, { kind: "took", digest: "b" }],
  ]);
  const tainted = (read: Parameters<typeof given>[0]) =>
    predicts.some((each) => each.kind === "unknown-where" && each.matches(read, undefined, () => undefined));
  t.true(tainted(takenFile(unit, certs)));
  t.false(tainted(takenFile("other.service", certs)));
  t.false(tainted(unitActive("other.service")));
});

test("parameters that are not valid are told", (t) => {
  const refused = (params: Params, message: RegExp) =>
    t.regex(t.throws(() => systemd(params), { instanceOf: UsageError })?.message ?? "", message);
  refused({ unit: "getty@", state: "started" }, /is a template: name an instance of it/);
  refused({ unit: "a b", state: "started" }, /has to be the name of a unit/);
  refused({ unit, masked: true, state: "started" }, /a masked unit can be neither started nor enabled/);
  refused({ unit, masked: true, enabled: true }, /a masked unit can be neither started nor enabled/);
  refused({ unit, restartAfter: [cfg], reloadAfter: [cfg] }, /a file stands in restartAfter and in reloadAfter/);
});
