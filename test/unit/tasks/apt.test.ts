import test from "ava";
import { Overlay, Unknown } from "../../../lib/engine/overlay.ts";
import type { Read } from "../../../lib/engine/read.ts";
import { UsageError } from "../../../lib/errors.ts";
import { fileContent, fileDigest } from "../../../lib/reads/file-content.ts";
import {
  type PackageState,
  packageHeld,
  packageLeftovers,
  packageState,
  packageVersion,
} from "../../../lib/reads/packages.ts";
import { path } from "../../../lib/reads/path.ts";
import { takenFile } from "../../../lib/reads/taken-file.ts";
import { unitActive, unitLoad, unitReloadDue } from "../../../lib/reads/units.ts";
import { apt } from "../../../lib/tasks/apt.ts";
import { commandsOf, given, planOf, printed, shown } from "./_plan.ts";

type Params = Parameters<typeof apt>[0];
type State = Parameters<typeof planOf>[1];

/** A package as dpkg-query prints it; with the wanted version, where one is. */
const has = (name: string, record: string, wanted?: string): State => [
  printed(packageState(name), record),
  printed(packageHeld(name), record),
  printed(packageLeftovers(name), record),
  ...(wanted === undefined ? [] : [printed(packageVersion(name, wanted), record)]),
];
const installed = "2.6.12-1+deb12u4,install,ok,installed \n";
const held = "2.6.12-1+deb12u4,hold,ok,installed \n";
const removed = "2.6.12-1+deb12u4,deinstall,ok,config-files \n";
const absent = "\n";

const versioned = (version: string): Params => ({ packages: [{ name: "haproxy", version }] });
const bare: Params = { packages: ["haproxy"] };
const gone: Params = { packages: ["haproxy"], absent: true };

const rows: readonly [string, Params, State, string][] = [
  ["an installed package is converged in any version", bare, has("haproxy", installed), "converged: installed"],
  ["a held package too", bare, has("haproxy", held), "converged: installed"],
  ["a missing package is installed", bare, has("haproxy", absent), "package haproxy: absent -> installed"],
  ["one that left its configuration too", bare, has("haproxy", removed), "package haproxy: absent -> installed"],
  [
    "of several packages only the missing ones are installed",
    { packages: ["haproxy", "keepalived", "socat"] },
    [...has("haproxy", absent), ...has("keepalived", installed), ...has("socat", absent)],
    "package haproxy: absent -> installed\npackage socat: absent -> installed",
  ],
  [
    "a version that matches a pattern is converged",
    versioned("2.6.*"),
    has("haproxy", installed, "2.6.*"),
    "converged: installed in this version",
  ],
  [
    "another version is exchanged",
    versioned("2.8.1-1"),
    has("haproxy", installed, "2.8.1-1"),
    "package haproxy: 2.6.12-1+deb12u4 -> 2.8.1-1",
  ],
  [
    "another version of a held package blocks it",
    versioned("2.8.*"),
    has("haproxy", held, "2.8.*"),
    "blocked: package haproxy is held at 2.6.12-1+deb12u4, wanted 2.8.*; demand hold: true to change it and keep it held, or hold: false to release it",
  ],
  [
    "a held package is changed and held again where hold is demanded",
    { packages: [{ name: "haproxy", version: "2.8.*" }], hold: true },
    has("haproxy", held, "2.8.*"),
    "package haproxy: 2.6.12-1+deb12u4 -> 2.8.*\nhold of haproxy: not held -> held",
  ],
  [
    "a hold is released",
    { packages: ["haproxy"], hold: false },
    has("haproxy", held),
    "hold of haproxy: held -> not held",
  ],
  ["a hold that is there is kept", { packages: ["haproxy"], hold: true }, has("haproxy", held), "converged: installed"],
  [
    "a half configured package is configured",
    bare,
    has("haproxy", "2.6.12-1,install,ok,half-configured \n"),
    "package haproxy: half-configured -> configured",
  ],
  [
    "a half configured package of another version is configured, then exchanged",
    versioned("2.8.*"),
    has("haproxy", "2.6.12-1,install,ok,unpacked \n", "2.8.*"),
    "package haproxy: unpacked -> configured\npackage haproxy: 2.6.12-1 -> 2.8.*",
  ],
  [
    "a half installed package is installed anew",
    bare,
    has("haproxy", "2.6.12-1,install,reinst-required,half-installed \n"),
    "package haproxy: half-installed -> installed",
  ],
  [
    "a package that should not be there is removed",
    gone,
    has("haproxy", installed),
    "package haproxy: installed -> absent",
  ],
  ["one that is not there is converged", gone, has("haproxy", absent), "converged: not installed"],
  ["its configuration may stay", gone, has("haproxy", removed), "converged: not installed"],
  [
    "its configuration is purged where that is demanded",
    { ...gone, purge: true },
    has("haproxy", removed),
    "package haproxy: configuration files -> purged",
  ],
  [
    "a held package is not removed",
    gone,
    has("haproxy", held),
    "blocked: package haproxy is held; demand hold: false for it before its absence",
  ],
  ["a host without dpkg is told so", bare, has("haproxy", "none\n"), "blocked: dpkg: this host has no Debian packages"],
];

for (const [title, params, state, expected] of rows) {
  test(title, (t) => t.is(shown(planOf(apt(params), state)), expected));
}

const lastLine = (params: Params, state: State) =>
  commandsOf(planOf(apt(params), state))[0]
    ?.split("\n")
    .at(-1);

test("one apt-get installs them all, removes nothing, and takes names as names", (t) => {
  const state = [...has("haproxy", absent), ...has("socat", absent)];
  t.is(
    lastLine({ packages: ["haproxy", "socat"] }, state),
    "hw_install --no-remove --no-install-recommends -o 'APT::Cmd::Pattern-Only=true' install -- haproxy socat && hw_there haproxy socat",
  );
  t.is(commandsOf(planOf(apt({ packages: ["haproxy", "socat"] }), state)).length, 1);
});

test("a version allows a downgrade, a demanded hold allows to change what is held", (t) => {
  t.regex(
    lastLine({ packages: [{ name: "haproxy", version: "2.*" }], hold: true }, has("haproxy", absent, "2.*")) ?? "",
    /--allow-downgrades --allow-change-held-packages .* install -- 'haproxy=2\.\*'/,
  );
});

test("parameters that are not valid are told", (t) => {
  const refused = (params: unknown) => t.throws(() => apt(params as Params), { instanceOf: UsageError });
  refused({ packages: [] });
  refused({ packages: ["Haproxy"] });
  // apt-get would remove it.
  refused({ packages: ["haproxy-"] });
  refused({ packages: ["haproxy=2.6"] });
  refused({ packages: [{ name: "haproxy", version: "2.6; reboot" }] });
  refused({ packages: ["haproxy", { name: "haproxy", version: "2.6" }] });
  refused({ packages: ["haproxy"], absent: true, hold: true });
});

/** What a read answers in check mode behind a plan: an answer, or `unknown`. */
function behind(params: Params, state: State) {
  const overlay = new Overlay();
  const plan = planOf(apt(params), state);
  for (const change of plan.kind === "pending" ? plan.changes : []) overlay.add("apt", change.predicts);
  return <T>(read: Read<T>, before: T, ...others: State): T | "unknown" => {
    const known = new Map(
      [...others, given<unknown>(read, before)].map(([each, answer]) => [`${each.kind.name} ${each.key}`, answer]),
    );
    try {
      return overlay.answer(read, (each) => {
        if (!known.has(`${each.kind.name} ${each.key}`)) throw new Error("not asked");
        return known.get(`${each.kind.name} ${each.key}`) as never;
      });
    } catch (error) {
      if (error instanceof Unknown) return "unknown";
      throw error;
    }
  };
}

const file = (mode: string) => ({ type: "file", mode, owner: "root", group: "root" }) as const;
const directory = { type: "directory", mode: "0755", owner: "root", group: "root" } as const;

test("an installation is predicted where it is known, and what it may bring is not guessed", (t) => {
  const after = behind(versioned("2.8.*"), has("haproxy", absent, "2.8.*"));
  t.is(after<PackageState>(packageState("haproxy"), "absent"), "installed");
  t.deepEqual(after(packageVersion("haproxy", "2.8.*"), { kind: "absent" }), { kind: "same" });
  t.is(after(packageVersion("haproxy", "2.8.1-1"), { kind: "absent" }), "unknown");
  t.is(after<PackageState>(packageState("socat"), "absent"), "absent");
  t.is(after(unitLoad("haproxy.service"), "not-found"), "unknown");
  t.is(after(unitLoad("other.service"), "not-found"), "unknown");
  t.is(after(unitLoad("ssh.service"), "loaded"), "loaded");
  t.is(after(unitActive("other.service"), "inactive"), "inactive");
  t.is(after(unitActive("haproxy.service"), "inactive"), "unknown");
  t.is(after(unitReloadDue("ssh.service"), true), "unknown");
  t.deepEqual(after(path("/etc/haproxy/haproxy.cfg"), { type: "absent" }), "unknown");
  t.deepEqual(after(path("/etc/haproxy/haproxy.cfg"), file("0644")), file("0644"));
  t.deepEqual(after(path("/etc/motd"), { type: "absent" }, given(path("/etc"), directory)), { type: "absent" });
  t.is(after(path("/srv/x/y"), { type: "absent" }, given(path("/srv/x"), { type: "absent" })), "unknown");
  t.is(after(fileDigest("/etc/haproxy/a"), undefined), "unknown");
  t.is(after(fileContent("/etc/haproxy/a", Buffer.from(""), { secret: false }), { kind: "absent" }), "unknown");
  const taken = { kind: "took", digest: "abc" } as const;
  t.deepEqual(after(takenFile("haproxy.service", "/etc/haproxy/a"), taken), taken);
});

test("what reads of others answer behind an installation is unknown", (t) => {
  const after = behind(bare, has("haproxy", absent));
  const read = (name: string, outlastsPackages = false): Read<unknown> => ({
    kind: { ...packageState("x").kind, name, outlastsPackages },
    key: "x",
  });
  t.is(after(read("command"), 1), "unknown");
  t.is(after(read("containerd-release"), undefined), "unknown");
  t.is(after(read("user"), undefined), "unknown");
  t.deepEqual(after(read("user"), { home: "/" }), { home: "/" });
  t.is(after(read("sysctl", true), "1"), "1");
});

test("another version may restart units", (t) => {
  const after = behind(versioned("2.8.*"), has("haproxy", installed, "2.8.*"));
  t.is(after(unitActive("haproxy.service"), "active"), "unknown");
  t.is(after(unitActive("ssh.service"), "active"), "active");
  t.is(after(takenFile("ssh.service", "/etc/ssh/sshd_config"), { kind: "took", digest: "abc" }), "unknown");
});

test("behind a removal nothing is counted on that may have gone along", (t) => {
  const after = behind(gone, has("haproxy", installed));
  t.is(after<PackageState>(packageState("haproxy"), "installed"), "absent");
  t.is(after(packageLeftovers("haproxy"), false), "unknown");
  t.is(after<PackageState>(packageState("vim-haproxy"), "installed"), "unknown");
  t.is(after(unitLoad("ssh.service"), "loaded"), "unknown");
  t.is(after(path("/etc/haproxy/haproxy.cfg"), file("0644")), "unknown");
  t.deepEqual(after(path("/etc/motd"), file("0644")), file("0644"));
});
