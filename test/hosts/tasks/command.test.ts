import test from "ava";
import { z } from "zod";
import { converged } from "../../../lib/engine/plan.ts";
import { defineTask } from "../../../lib/engine/task.ts";
import { commandStatus } from "../../../lib/reads/command-status.ts";
import { fileDigest, sha256 } from "../../../lib/reads/file-content.ts";
import { Secret, secretText } from "../../../lib/secrets/secret.ts";
import { command } from "../../../lib/tasks/command.ts";
import { file } from "../../../lib/tasks/file.ts";
import { converge, freshHost, prove } from "../_host.ts";

const site = await freshHost(8);
const stdout = async (script: string) => (await site.host.exec(script)).stdout;

test.serial("a command runs once, whatever decides", async (t) => {
  await site.host.exec("touch /srv/old /srv/flag");
  const done = (digest: string | undefined) => digest === sha256("x\n");
  await prove(t, site, [
    command({ run: "mkdir /srv/new; echo made >/srv/new/note", creates: "/srv/new" }),
    command({ run: ["rm", "/srv/old"], removes: "/srv/old" }),
    command({ run: "echo x >/srv/x", when: { read: fileDigest("/srv/x"), done } }),
  ]);
  await prove(t, site, [command({ run: "echo line >>/srv/log", unless: "grep -qx line /srv/log" })]);
  await prove(t, site, [command({ run: "rm /srv/flag", onlyIf: "test -e /srv/flag" })]);
  t.is(await stdout("cd /srv; cat new/note log x; ls"), "made\nline\nx\nlog\nnew\nx\n");
  // Another value.
  await prove(t, site, [
    command({
      run: "echo y >/srv/x",
      when: { read: fileDigest("/srv/x"), done: (digest) => digest === sha256("y\n") },
    }),
  ]);
  await prove(t, site, [command({ run: "echo other >>/srv/log", unless: "grep -qx other /srv/log" })]);
  t.is(await stdout("cat /srv/log /srv/x"), "line\nother\ny\n");
});

test.serial("what a command makes is not known before it ran, and what it alters neither", async (t) => {
  const tasks = [
    command({ run: "mkdir /srv/tool; touch /srv/tool/bin", creates: "/srv/tool", alters: [fileDigest("/srv/x")] }),
    file({ path: "/srv/tool/conf", content: "x\n" }),
    command({ run: "true", when: { read: fileDigest("/srv/x"), done: () => true } }),
  ];
  const { results } = await converge(site.lab, site.host, tasks, { check: true });
  t.deepEqual(
    results.map(({ status }) => status),
    ["would-change", "unknown", "unknown"],
  );
  await site.host.exec("rm -rf /srv/tool");
});

test.serial("a test may look at anything, so after a pending change its outcome is not known", async (t) => {
  const { results } = await converge(
    site.lab,
    site.host,
    [file({ path: "/srv/any", content: "x\n" }), command({ run: "true", unless: "test -e /srv/any" })],
    { check: true },
  );
  t.deepEqual(
    results.map(({ reason }) => reason),
    ["", "unknown until file /srv/any is applied"],
  );
});

test.serial("a secret reaches environment and input, and no list of processes", async (t) => {
  const secret = new Secret("hunter2 'quoted' Ångström\n");
  const seen = await prove(t, site, [
    command({
      title: "show processes",
      run: `ps -ef >/srv/ps; env -0 >/srv/env; cat >/srv/in; pwd >/srv/pwd`,
      creates: "/srv/pwd",
      cwd: "/usr/lib",
      env: { PATH: "/usr/bin:/bin:/opt/x", HW_SECRET: secret, HW_PLAIN: "a 'b' $HOME\n" },
      stdin: secretText`input ${secret}`,
    }),
  ]);
  t.notRegex(JSON.stringify(seen), /hunter2/);
  t.is(await stdout("grep -c hunter2 /srv/ps; cat /srv/in /srv/pwd"), "0\ninput hunter2 'quoted' Ångström\n/usr/lib\n");
  t.is(
    await stdout("tr '\\n\\0' '~\\n' </srv/env | grep -a -E '^(HW_|PATH)' | sort"),
    "HW_PLAIN=a 'b' $HOME~\nHW_SECRET=hunter2 'quoted' Ångström~\nPATH=/usr/bin:/bin:/opt/x\n",
  );
});

test.serial("a script stops where it fails; its syntax error and its exit are its own", async (t) => {
  const fails = async (run: string) =>
    (await converge(site.lab, site.host, [command({ title: "it", run, creates: "/srv/never" })])).error?.message ?? "";
  t.regex(
    await fails("false\ntouch /srv/after"),
    /command it failed with status 1 \(\/srv\/never is absent, wanted created\)/,
  );
  t.regex(
    await fails("if true; then echo x"),
    /command it failed with status 2 .*: sh: 1: Syntax error: end of file unexpected/,
  );
  t.regex(await fails("echo said; exit 75"), /command it failed with status 75 .*: said/);
  t.regex(await fails("true"), /command it did not converge: its commands succeeded, and still \/srv\/never is absent/);
  t.is(await stdout("ls /srv/after /srv/never 2>&1 | grep -c 'No such'"), "2\n");
});

/** Tells the statuses of tests, all asked at once. */
const statuses = (texts: readonly string[]) =>
  defineTask({
    name: "statuses",
    params: z.strictObject({}),
    subject: () => "all",
    reads: () => Object.fromEntries(texts.map((text) => [text, commandStatus(text)])),
    plan: (_params, state) => converged(texts.map((text) => state[text]).join(" ")),
  })({});

test.serial("tests that are broken harm nobody beside them", async (t) => {
  const texts = ["((", "exit 0", "echo 'open", "kill -TERM $$", "nosuchcommand", "cat; read x; echo $T >&2; exit 4"];
  const { results } = await converge(site.lab, site.host, [statuses(texts)]);
  t.is(results[0]?.reason, "2 0 2 143 127 4");
});

test.serial("a command that hangs is stopped by its own deadline", async (t) => {
  const tasks = [
    command({ title: "sleeper", run: "echo before; exec sleep 1000", creates: "/srv/never", deadlineMs: 300 }),
  ];
  const { error } = await converge(site.lab, site.host, tasks);
  t.regex(error?.message ?? "", /command sleeper was stopped by its deadline "change" while it was applied: before;/);
  t.is(await stdout("pgrep -c -f 'slee[p] 1000'; :"), "0\n");
});
