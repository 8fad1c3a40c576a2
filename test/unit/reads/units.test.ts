import test from "ava";
import { parseTakenFile, takenAsked, takenFile } from "../../../lib/reads/taken-file.ts";
import { unitActive, unitAsked, unitFileState, unitLoad, unitReloadDue, unitTraits } from "../../../lib/reads/units.ts";

// As systemd 252 has them.
const line = (type: string, load: string, active: string, file: string, reload = "no") =>
  `Type=${type} RemainAfterExit=no LoadState=${load} ActiveState=${active} UnitFileState=${file} CanReload=${reload} NeedDaemonReload=no \n`;
const ssh = line("notify", "loaded", "active", "enabled", "yes");
const missing = line("", "not-found", "inactive", "");
const socket = "LoadState=loaded ActiveState=active UnitFileState=static CanReload=no NeedDaemonReload=yes \n";
const exited = ssh.replace("notify", "oneshot").replace("RemainAfterExit=no", "RemainAfterExit=yes");

const rows: readonly [string, string, unknown[]][] = [
  ["a service", ssh, ["loaded", "active", "enabled", false, { stays: true, reloads: true }]],
  ["a missing unit", missing, ["not-found", "inactive", "", false, { stays: true, reloads: false }]],
  ["a socket", socket, ["loaded", "active", "static", true, { stays: true, reloads: false }]],
  [
    "a oneshot",
    line("oneshot", "loaded", "inactive", "static"),
    ["loaded", "inactive", "static", false, { stays: false, reloads: false }],
  ],
  ["a oneshot that remains", exited, ["loaded", "active", "enabled", false, { stays: true, reloads: true }]],
  ["no systemd", "\n", ["no systemd", "inactive", "", false, { stays: true, reloads: false }]],
];

for (const [title, record, expected] of rows) {
  test(`sides of ${title}`, (t) => {
    const sides = [unitLoad, unitActive, unitFileState, unitReloadDue, unitTraits].map((side) => side("x.service"));
    t.deepEqual(
      sides.map(({ kind, key }) => kind.parse(Buffer.from(record), key) as unknown),
      expected,
    );
  });
}

test("records are one line a key, in the order of the keys", (t) => {
  const { kind } = unitLoad("x.service");
  const taken = "active b0c6 ? abc 1.000000 Sat 2026-11-21 08:26:09.852482 UTC\n";
  const records = kind.split(Buffer.from(ssh + taken + missing), [
    "a.service load",
    "a.service taken /etc/a",
    "b load",
  ]);
  t.deepEqual(records.map(String), [ssh, taken, missing]);
  t.throws(() => kind.split(Buffer.from(ssh), ["a load", "b load"]), { message: "1 lines for 2 questions" });
});

test("reads of one unit are told apart", (t) => {
  const taken = takenFile("a.service", "/etc/a b");
  t.deepEqual(takenAsked(taken), { unit: "a.service", path: "/etc/a b" });
  t.is(unitAsked(taken), undefined);
  t.deepEqual(unitAsked(unitActive("a.service")), { unit: "a.service", aspect: "active" });
  t.is(takenAsked(unitActive("a.service")), undefined);
});

const started = "Sat 2026-11-21 08:26:09.852482 UTC";
const at = (seconds: number) => `${Date.UTC(2026, 10, 21, 8, 26, 9) / 1000 + seconds}.000000`;

const taken: readonly [string, string, unknown][] = [
  ["of a unit that does not run", `inactive - ? abc ${at(0)}`, { kind: "not running" }],
  ["of one that has failed", `failed b0c6 ? abc ${at(0)} ${started}`, { kind: "not running" }],
  ["without systemd", "- - ? - - ", { kind: "not running" }],
  ["as recorded, whatever the times", `active b0c6 abc def ${at(60)} ${started}`, { kind: "took", digest: "abc" }],
  ["recorded as absent", `active b0c6 - def ${at(60)} ${started}`, { kind: "took", digest: undefined }],
  ["unrecorded and older than the start", `active b0c6 ? def ${at(0)} ${started}`, { kind: "took", digest: "def" }],
  ["unrecorded and younger", `active b0c6 ? def ${at(1)} ${started}`, { kind: "changed since" }],
  [
    "unrecorded and so close that the file's clock may be behind",
    `active b0c6 ? def ${at(0).replace("000000", "850000")} ${started}`,
    { kind: "changed since" },
  ],
  ["unrecorded and absent", `active b0c6 ? - - ${started}`, { kind: "took", digest: undefined }],
];

for (const [title, record, expected] of taken) {
  test(`what a unit took of a file, ${title}`, (t) => t.deepEqual<unknown, unknown>(parseTakenFile(record), expected));
}
