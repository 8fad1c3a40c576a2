import test from "ava";
import { file } from "../../../lib/tasks/file.ts";
import { systemd } from "../../../lib/tasks/systemd.ts";
import { converge, freshHost, prove } from "../_host.ts";

const site = await freshHost(3);

const show = async (unit: string, properties: string) =>
  (await site.host.exec(`systemctl show -p ${properties} --value -- ${unit}`)).stdout.trim().split("\n");

const unitFile = (name: string, text: string) =>
  site.host.exec(`cat >'/etc/systemd/system/${name}'; systemctl daemon-reload`, { input: text });

const run = (...tasks: Parameters<typeof converge>[2]) => converge(site.lab, site.host, tasks);

/** A service that copies its configuration when it starts and when it is reloaded, so that one sees what it took. */
const READER = `[Service]
Type=notify
NotifyAccess=all
ExecStart=/bin/sh -c 'cat /etc/reader.conf >/run/reader.took; systemd-notify --ready; exec sleep 10000'
ExecReload=/bin/sh -c 'cat /etc/reader.conf >/run/reader.took'
[Install]
WantedBy=multi-user.target
`;

const conf = (text: string) => file({ path: "/etc/reader.conf", content: text });
const reader = systemd({
  unit: "reader.service",
  state: "started",
  enabled: true,
  restartAfter: ["/etc/reader.conf", "/etc/reader.extra"],
});

test.serial("a unit is started, enabled, stopped and disabled", async (t) => {
  await unitFile("reader.service", READER);
  await prove(t, site, [conf("one\n"), reader]);
  t.deepEqual(await show("reader.service", "ActiveState,UnitFileState"), ["active", "enabled"]);
  await prove(t, site, [systemd({ unit: "reader", state: "stopped", enabled: false })]);
  t.deepEqual(await show("reader.service", "ActiveState,UnitFileState"), ["inactive", "disabled"]);
  await prove(t, site, [reader]);
});

test.serial("a changed file restarts the unit, and check says so for that reason", async (t) => {
  const { results } = await prove(t, site, [conf("two\n"), reader]);
  t.is((await site.host.exec("cat /run/reader.took")).stdout, "two\n");
  t.regex(JSON.stringify(results), /owed: \/etc\/reader\.conf changed since reader\.service was started/);
  await prove(t, site, [file({ path: "/etc/reader.extra", content: "new\n" }), reader]);
  await prove(t, site, [file({ path: "/etc/reader.extra", absent: true }), reader]);
});

test.serial("a restart that a run died before is made up for, once", async (t) => {
  await run(conf("three\n"));
  const [before] = await show("reader.service", "InvocationID");
  await prove(t, site, [conf("three\n"), reader], ["ok", "changed"]);
  t.not((await show("reader.service", "InvocationID"))[0], before);
});

test.serial("a mode, a touch or a restart by hand restarts nothing", async (t) => {
  await site.host.exec("chmod 0600 /etc/reader.conf; touch /etc/reader.conf");
  await prove(t, site, [reader], ["ok"]);
  await site.host.exec("sleep 0.1; systemctl restart reader.service");
  await prove(t, site, [reader], ["ok"]);
});

test.serial("without a record the time of the last change decides", async (t) => {
  await site.host.exec("sleep 0.1; systemctl restart reader.service; sleep 0.1; echo four >/etc/reader.conf");
  await prove(t, site, [reader]);
  t.is((await site.host.exec("cat /run/reader.took")).stdout, "four\n");
});

test.serial("a reload leaves the process, and where both are owed the restart does for both", async (t) => {
  const both = systemd({
    unit: "reader.service",
    restartAfter: ["/etc/reader.extra"],
    reloadAfter: ["/etc/reader.conf"],
  });
  const pid = await show("reader.service", "MainPID");
  await prove(t, site, [conf("five\n"), both]);
  t.is((await site.host.exec("cat /run/reader.took")).stdout, "five\n");
  t.deepEqual(await show("reader.service", "MainPID"), pid);
  const { results } = await prove(t, site, [
    conf("six\n"),
    file({ path: "/etc/reader.extra", content: "more\n" }),
    both,
  ]);
  t.deepEqual(
    results.at(-1)?.changes.map(({ what }) => what),
    ["restart"],
  );
  t.notDeepEqual(await show("reader.service", "MainPID"), pid);
});

test.serial("two tasks watch files of one unit without forgetting those of the other", async (t) => {
  const one = systemd({ unit: "reader.service", restartAfter: ["/etc/reader.conf"] });
  const other = systemd({ unit: "reader.service", restartAfter: ["/etc/reader.extra"] });
  await run(one, other);
  await prove(t, site, [one, other], ["ok", "ok"]);
  await run(conf("seven\n"), one, other);
  await prove(t, site, [one, other], ["ok", "ok"]);
});

test.serial("a unit that does not run is owed nothing", async (t) => {
  const watched = systemd({ unit: "reader.service", restartAfter: ["/etc/reader.conf"] });
  await prove(t, site, [systemd({ unit: "reader.service", state: "stopped" })]);
  await prove(t, site, [conf("eight\n"), watched], ["changed", "ok"]);
  t.deepEqual(await show("reader.service", "ActiveState"), ["inactive"]);
});

test.serial("daemon-reload is done where it is due, before the restart", async (t) => {
  await prove(t, site, [reader]);
  await site.host.exec("sed -i s/10000/20000/ /etc/systemd/system/reader.service");
  const { results } = await prove(t, site, [conf("nine\n"), reader]);
  t.deepEqual(
    results.at(-1)?.changes.map(({ what }) => what),
    ["daemon-reload", "restart"],
  );
  const [pid] = await show("reader.service", "MainPID");
  t.regex((await site.host.exec(`tr '\\0' ' ' </proc/${pid}/cmdline`)).stdout, /20000/);
});

test.serial("a unit that cannot start fails with what it said", async (t) => {
  await unitFile("broken.service", "[Service]\nExecStart=/bin/sh -c 'echo no such disk; exit 3'\n");
  // Many times: journald does not always learn in time which start the lines of so short a process belong to.
  for (let start = 0; start < 20; start += 1) {
    const { error } = await run(systemd({ unit: "broken.service", state: "started" }));
    const was = start === 0 ? "inactive" : "failed";
    t.true(error?.message.includes(`failed with status 1 (state is ${was}, wanted active)`), error?.message);
    t.regex(error?.message ?? "", /Result=exit-code; its last words: no such disk/);
  }
  await unitFile("broken.service", "[Service]\nRestart=always\nExecStart=/bin/sh -c 'echo flapping; exit 3'\n");
  const flapping = await run(systemd({ unit: "broken.service", state: "started", settleMs: 5000 }));
  t.regex(flapping.output.join("\n"), /flapping/);
  t.regex(flapping.error?.message ?? "", /failed with status 1 \(state is failed, wanted active\)/);
  await unitFile("broken.service", READER);
  await prove(t, site, [systemd({ unit: "broken.service", state: "started" })]);
});

test.serial("a unit that comes up after a restart of its own has settled", async (t) => {
  await unitFile(
    "second.service",
    "[Service]\nRestart=always\nRestartSec=100ms\nExecStart=/bin/sh -c 'test -e /run/once || { touch /run/once; exit 1; }; exec sleep 1000'\n",
  );
  await prove(t, site, [systemd({ unit: "second.service", state: "started" })]);
  t.deepEqual(await show("second.service", "ActiveState,NRestarts"), ["1", "active"]);
});

test.serial("units are masked and unmasked, those that are missing too", async (t) => {
  await prove(t, site, [
    systemd({ unit: "reader.service", enabled: false }),
    systemd({ unit: "absent.service", masked: true }),
    systemd({ unit: "ssh.socket", masked: true, state: "stopped" }),
  ]);
  t.deepEqual(await show("absent.service", "LoadState"), ["masked"]);
  const { error } = await run(systemd({ unit: "ssh.socket", state: "started" }));
  t.regex(error?.message ?? "", /blocked: unit ssh\.socket is masked; demand masked: false as well/);
  await prove(t, site, [
    systemd({ unit: "absent.service", masked: false }),
    systemd({ unit: "ssh.socket", masked: false, enabled: false }),
  ]);
  t.deepEqual(await show("absent.service", "LoadState"), ["not-found"]);
});

test.serial("instances, other names and odd names are told apart by their order", async (t) => {
  await unitFile("odd\\x2dname.service", READER);
  await prove(
    t,
    site,
    [
      systemd({ unit: "getty@tty1.service", enabled: false }),
      systemd({ unit: "sshd.service", state: "started" }),
      systemd({ unit: "nope.service", state: "stopped" }),
      systemd({ unit: "odd\\x2dname.service", enabled: true }),
      systemd({ unit: "dbus.socket", state: "started" }),
    ],
    ["changed", "ok", "ok", "changed", "ok"],
  );
  const { error } = await run(systemd({ unit: "sshd.service", enabled: true }));
  t.is(error, undefined);
});
