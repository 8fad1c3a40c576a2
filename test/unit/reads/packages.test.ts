import test from "ava";
import { versionMatches } from "../../../lib/params/packages.ts";
import { packageHeld, packageLeftovers, packageState, packageVersion } from "../../../lib/reads/packages.ts";

// As Debian 12 prints them.
const rows: readonly [string, string, unknown][] = [
  ["installed", "2.6.12-1+deb12u4,install,ok,installed \n", ["installed", false, false]],
  ["held", "2.6.12-1+deb12u4,hold,ok,installed \n", ["installed", true, false]],
  ["removed, with its configuration left", "2.6.12-1+deb12u4,deinstall,ok,config-files \n", ["absent", false, true]],
  ["never heard of", "\n", ["absent", false, false]],
  ["known by name only, or virtual", ",unknown,ok,not-installed \n", ["absent", false, false]],
  ["held before it is there", ",hold,ok,not-installed \n", ["absent", true, false]],
  ["unpacked", "5.02-1+b1,install,ok,unpacked \n", ["unpacked", false, false]],
  ["half configured", "5.02-1+b1,install,ok,half-configured \n", ["half-configured", false, false]],
  ["to be installed again", "5.02-1+b1,install,reinst-required,half-configured \n", ["half-installed", false, false]],
  [
    "of two architectures, one of them removed",
    "2.36-9,deinstall,ok,config-files 2.36-9,install,ok,installed \n",
    ["installed", false, false],
  ],
  ["on a host without dpkg", "none\n", ["no dpkg", false, false]],
];

for (const [title, record, expected] of rows) {
  test(`a package ${title}`, (t) => {
    const answers = [packageState("p"), packageHeld("p"), packageLeftovers("p")].map(({ kind, key }) =>
      kind.parse(Buffer.from(record), key),
    );
    t.deepEqual(answers, expected as unknown[]);
  });
}

test("a version is the wanted one, another, or absent", (t) => {
  const answer = (wanted: string, record: string) => {
    const { kind, key } = packageVersion("p", wanted);
    return kind.parse(Buffer.from(record), key);
  };
  t.deepEqual(answer("2.6.*", "2.6.12-1,install,ok,installed \n"), { kind: "same" });
  t.deepEqual(answer("2.7", "2.6.12-1,install,ok,installed \n"), { kind: "other", version: "2.6.12-1" });
  t.deepEqual(answer("2.7", "2.7,deinstall,ok,config-files \n"), { kind: "absent" });
  t.deepEqual(answer("2.7", "\n"), { kind: "absent" });
});

test("patterns of versions match as a whole, and nothing in them but the star is special", (t) => {
  t.true(versionMatches("1.36.4-1.1", "1.36.*"));
  t.true(versionMatches("1:2.3+b1", "1:2.3+b1"));
  t.false(versionMatches("1.136.4", "1.36.*"));
  t.false(versionMatches("1.36.4-1.1", "1.36.4"));
  t.false(versionMatches("1x36.4", "1.36.*"));
});

test("records are one line a key, in the order of the keys", (t) => {
  const { kind } = packageState("p");
  const output = Buffer.from(",unknown,ok,not-installed \n\n5.2,install,ok,installed \n");
  t.deepEqual(kind.split(output, ["state awk", "state nope", "version bash 5*"]).map(String), [
    ",unknown,ok,not-installed \n",
    "\n",
    "5.2,install,ok,installed \n",
  ]);
  t.throws(() => kind.split(output, ["state awk"]), { message: "3 lines for 1 packages" });
});
