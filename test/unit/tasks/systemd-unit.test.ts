import test from "ava";
import type { Read } from "../../../lib/engine/read.ts";
import { UsageError } from "../../../lib/errors.ts";
import { type ContentState, fileContent } from "../../../lib/reads/file-content.ts";
import { type PathState, path } from "../../../lib/reads/path.ts";
import { unitFileState, unitLoad, unitReloadDue, unitTraits } from "../../../lib/reads/units.ts";
import { systemdUnit } from "../../../lib/tasks/systemd-unit.ts";
import { installLinks } from "../../../lib/tasks/systemd-unit-changes.ts";
import { parseUnitText, touchesTraits, traitsOf, unlinkedState, valuesOf } from "../../../lib/tasks/unit-text.ts";
import { commandsOf, given, planOf, shown } from "./_plan.ts";

type Params = Parameters<typeof systemdUnit>[0];
type State = Parameters<typeof planOf>[1];

const SYSTEM = "/etc/systemd/system";
const text = "[Service]\nExecStart=/usr/bin/exporter\n[Install]\nWantedBy=multi-user.target\n";
const link = `${SYSTEM}/multi-user.target.wants/exporter.service`;
const directory: PathState = { type: "directory", mode: "0755", owner: "root", group: "root" };
const regular: PathState = { type: "file", mode: "0644", owner: "root", group: "root" };
const absent: PathState = { type: "absent" };

const whole: Params = { unit: "exporter", content: text };
const part: Params = { unit: "exporter", dropIn: "10-nice.conf", content: "[Service]\nNice=5\n" };

interface Found {
  self?: PathState;
  content?: ContentState;
  due?: boolean;
  load?: string;
  fileState?: string;
  dropIns?: PathState;
  links?: PathState;
}

const of = (params: Params, found: Found = {}): State => {
  const bytes = Buffer.from("content" in params ? params.content : "");
  const name = params.dropIn === undefined ? `exporter.service` : `exporter.service.d/${params.dropIn}`;
  const { self = regular, content = { kind: "same" }, due = false, load = "loaded", fileState = "enabled" } = found;
  const { dropIns = absent, links = absent } = found;
  return [
    given(path(`${SYSTEM}/${name}`), self),
    given(path(SYSTEM), directory),
    given(path(`${SYSTEM}/exporter.service.d`), dropIns),
    given(fileContent(`${SYSTEM}/${name}`, bytes, { secret: false }), content),
    given(unitReloadDue("exporter.service"), due),
    given(unitLoad("exporter.service"), load),
    given(unitFileState("exporter.service"), fileState),
    given(path(link), links),
  ];
};
const isNew: Found = { self: absent, content: { kind: "absent" }, load: "not-found", fileState: "" };
const differs: Found = { content: { kind: "differs", digest: "0".repeat(64), text: "[Service]\n" } };

const rows: readonly [string, Params, State, string][] = [
  [
    "a unit that systemd knows as demanded is converged",
    whole,
    of(whole),
    "converged: as demanded, and known to systemd",
  ],
  ["a new unit is made known", whole, of(whole, isNew), "file: absent -> 75 bytes, 0644 root:root, known to systemd"],
  [
    "so is another text",
    whole,
    of(whole, differs),
    "content: other content -> 75 bytes, 0644 root:root, known to systemd",
  ],
  [
    "a text that systemd does not know yet is told to it",
    whole,
    of(whole, { due: true }),
    "daemon-reload: due -> done",
  ],
  [
    "a mode alone is none of systemd's business",
    whole,
    of(whole, { self: { ...regular, mode: "0600" } }),
    "mode: 0600 -> 0644",
  ],
  [
    "a mask is not written over",
    whole,
    of(whole, { self: { ...regular, type: "symlink" }, content: { kind: "not a file" }, load: "masked" }),
    'blocked: unit exporter.service is masked; unmask it first: systemd({ unit: "exporter.service", masked: false })',
  ],
  [
    "the first drop-in of a unit comes with its directory",
    part,
    of(part, { self: absent, content: { kind: "absent" } }),
    "directory: absent -> 0755 root:root\nfile: absent -> 17 bytes, 0644 root:root, known to systemd",
  ],
  [
    "a further drop-in does not",
    part,
    of(part, { self: absent, content: { kind: "absent" }, dropIns: directory }),
    "file: absent -> 17 bytes, 0644 root:root, known to systemd",
  ],
  [
    "a unit's file is removed",
    { unit: "exporter", absent: true },
    of({ unit: "exporter", absent: true }),
    "file: present -> absent, known to systemd",
  ],
  [
    "one that is not there is converged",
    { unit: "exporter", absent: true },
    of({ unit: "exporter", absent: true }, { self: absent }),
    "converged: absent",
  ],
];

for (const [title, params, state, expected] of rows) {
  test(title, (t) => t.is(shown(planOf(systemdUnit(params), state)), expected));
}

test("the daemon-reload is the last command", (t) => {
  const commands = commandsOf(planOf(systemdUnit(whole), of(whole, isNew)));
  t.is(commands.length, 2);
  t.is(commands.at(-1), "systemctl daemon-reload");
  t.deepEqual(
    commandsOf(planOf(systemdUnit({ unit: "exporter", absent: true }), of({ unit: "exporter", absent: true }))),
    [`rm -f -- ${SYSTEM}/exporter.service`, "systemctl daemon-reload"],
  );
});

/** What a plan predicts of a read: an answer, `unknown`, or nothing. */
const predicted = (params: Params, state: State, read: Read<unknown>): unknown => {
  const plan = planOf(systemdUnit(params), state);
  const predictions = plan.kind === "pending" ? plan.changes.flatMap((change) => change.predicts) : [];
  const last = predictions.findLast(
    (each) => each.kind !== "unknown-where" && each.read.kind.name === read.kind.name && each.read.key === read.key,
  );
  return last?.kind === "answer" ? last.answer : last?.kind;
};

test("a new unit is predicted to be there, so that what follows can be planned", (t) => {
  const state = of(whole, isNew);
  t.is(predicted(whole, state, unitLoad("exporter.service")), "loaded");
  t.is(predicted(whole, state, unitReloadDue("exporter.service")), false);
  t.is(predicted(whole, state, unitFileState("exporter.service")), "disabled");
  t.deepEqual(predicted(whole, state, unitTraits("exporter.service")), { stays: true, reloads: false });
});

test("what depends on more than the text is not predicted", (t) => {
  const linked = of(whole, { ...isNew, links: { ...regular, type: "symlink" } });
  t.is(predicted(whole, linked, unitFileState("exporter.service")), "unknown");
  t.is(predicted(whole, of(whole, differs), unitFileState("exporter.service")), undefined);
  t.is(predicted(whole, of(whole, { ...differs, fileState: "static" }), unitFileState("exporter.service")), "disabled");
  t.is(predicted(whole, of(whole, { ...isNew, dropIns: directory }), unitTraits("exporter.service")), "unknown");
});

test("units are read as systemd does", (t) => {
  const unit = parseUnitText(
    "# a comment\n[Unit]\nAfter=a.service \\\n; between\n  b.service\n[Service]\nType=oneshot\nType=\nExecStart = /bin/a\nExecStart=\n\n[Install]\nWantedBy=x.target y.target\n",
  );
  t.deepEqual(valuesOf(unit, "Unit", "After"), ["a.service", "b.service"]);
  t.deepEqual(valuesOf(unit, "Service", "ExecStart"), []);
  t.deepEqual(installLinks("u.service", unit), [
    `${SYSTEM}/x.target.wants/u.service`,
    `${SYSTEM}/y.target.wants/u.service`,
  ]);
});

const traits = (content: string, unit = "x.service") => traitsOf(unit, parseUnitText(content));

test("a service's traits follow from its text", (t) => {
  t.deepEqual(traits("[Service]\nExecStart=/a\n"), { stays: true, reloads: false });
  t.deepEqual(traits("[Service]\nExecStop=/a\n"), { stays: false, reloads: false });
  t.deepEqual(traits("[Service]\nType=oneshot\nExecStart=/a\n"), { stays: false, reloads: false });
  t.deepEqual(traits("[Service]\nType=oneshot\nRemainAfterExit=on\nExecStart=/a\n"), { stays: true, reloads: false });
  t.deepEqual(traits("[Service]\nExecStart=/a\nExecReload=/b\n"), { stays: true, reloads: true });
  t.deepEqual(traits("[Timer]\nOnCalendar=daily\n", "x.timer"), { stays: true, reloads: false });
  t.is(traits("[Mount]\nWhere=/mnt\n", "mnt.mount"), undefined);
  t.true(touchesTraits(parseUnitText("[Service]\nType=exec\n")));
  t.false(touchesTraits(parseUnitText("[Service]\nNice=1\n")));
});

test("a unit that nothing links to is disabled, indirect or static", (t) => {
  t.is(unlinkedState(parseUnitText("[Install]\nWantedBy=a.target\nAlso=b.service\n")), "disabled");
  t.is(unlinkedState(parseUnitText("[Install]\nAlso=b.service\n")), "indirect");
  t.is(unlinkedState(parseUnitText("[Service]\nExecStart=/a\n")), "static");
});

test("parameters that are not valid are told", (t) => {
  const refused = (params: Params) => t.throws(() => systemdUnit(params), { instanceOf: UsageError });
  refused({ unit: "../x", content: "a" });
  refused({ unit: "x", dropIn: "../x.conf", content: "a" });
  refused({ unit: "x", dropIn: "x", content: "a" });
  refused({ unit: "x", content: "" });
  t.is(systemdUnit({ unit: "many@", content: text }).subject, "many@.service");
});
