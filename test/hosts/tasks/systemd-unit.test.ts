import test from "ava";
import { systemd } from "../../../lib/tasks/systemd.ts";
import { systemdUnit } from "../../../lib/tasks/systemd-unit.ts";
import { converge, freshHost, prove } from "../_host.ts";

const site = await freshHost(4);

const sleeper = (seconds: number) =>
  `[Unit]\nDescription=Sleeps\n[Service]\nExecStart=/usr/bin/sleep ${seconds}\n[Install]\nWantedBy=multi-user.target\n`;

const show = async (unit: string, properties: string) =>
  (await site.host.exec(`systemctl show -p ${properties} --value -- ${unit}`)).stdout.trim().split("\n");

test.serial("a unit is made, enabled and started, as check says", async (t) => {
  await prove(t, site, [
    systemdUnit({ unit: "sleeper.service", content: sleeper(1000) }),
    systemd({
      unit: "sleeper.service",
      state: "started",
      enabled: true,
      restartAfter: ["/etc/systemd/system/sleeper.service"],
    }),
  ]);
  t.deepEqual(await show("sleeper.service", "UnitFileState,ActiveState"), ["active", "enabled"]);
});

test.serial("another text restarts it, a mode does not", async (t) => {
  const tasks = (seconds: number) => [
    systemdUnit({ unit: "sleeper.service", content: sleeper(seconds) }),
    systemd({ unit: "sleeper", state: "started", restartAfter: ["/etc/systemd/system/sleeper.service"] }),
  ];
  await prove(t, site, tasks(2000));
  const [pid] = await show("sleeper.service", "MainPID");
  t.regex((await site.host.exec(`tr '\\0' ' ' </proc/${pid}/cmdline`)).stdout, /sleep 2000/);
  await site.host.exec("chmod 0600 /etc/systemd/system/sleeper.service");
  await prove(t, site, tasks(2000), ["changed", "ok"]);
  t.deepEqual(await show("sleeper.service", "MainPID,NeedDaemonReload"), [pid ?? "", "no"]);
});

test.serial("a drop-in is made with its directory, changed and removed", async (t) => {
  const dropIn = (text: string) => systemdUnit({ unit: "sleeper.service", dropIn: "10-nice.conf", content: text });
  await prove(t, site, [dropIn("[Service]\nNice=5\n")]);
  t.deepEqual(await show("sleeper.service", "Nice"), ["5"]);
  await prove(t, site, [dropIn("[Service]\nNice=6\n")]);
  await prove(t, site, [systemdUnit({ unit: "sleeper.service", dropIn: "10-nice.conf", absent: true })]);
  t.deepEqual(await show("sleeper.service", "Nice,NeedDaemonReload"), ["0", "no"]);
});

test.serial("a drop-in may come before its unit", async (t) => {
  await prove(t, site, [systemdUnit({ unit: "later.service", dropIn: "a.conf", content: "[Service]\nType=exec\n" })]);
  await prove(t, site, [
    systemdUnit({ unit: "later.service", content: sleeper(7) }),
    systemd({ unit: "later.service", enabled: true }),
  ]);
});

test.serial("a text changed by hand and unknown to systemd is told to it", async (t) => {
  const path = "/etc/systemd/system/sleeper.service";
  await site.host.exec(`sed -i s/2000/2001/ ${path}`);
  t.deepEqual(await show("sleeper.service", "NeedDaemonReload"), ["yes"]);
  await prove(t, site, [systemdUnit({ unit: "sleeper.service", content: sleeper(2001) })]);
  t.deepEqual(await show("sleeper.service", "NeedDaemonReload"), ["no"]);
});

test.serial("a text that systemd would refuse does not take the place of the old one", async (t) => {
  const refused = async (task: ReturnType<typeof systemdUnit>, message: RegExp) => {
    const { error } = await converge(site.lab, site.host, [task]);
    t.regex(error?.message ?? "", message);
  };
  await refused(
    systemdUnit({ unit: "sleeper.service", content: "[Service]\nType=simple\n" }),
    /sleeper\.service: Service has no ExecStart=.*Refusing/,
  );
  await refused(
    systemdUnit({ unit: "sleeper.service", dropIn: "b.conf", content: "[Service]\nExecStart=/bin/true\n" }),
    /more than one ExecStart= setting/,
  );
  await refused(systemdUnit({ unit: "many@.service", content: "[Service]\nType=simple\n" }), /no ExecStart=/);
  const { stdout } = await site.host.exec(
    "cd /etc/systemd/system; grep Exec sleeper.service; ls -A . sleeper.service.d | grep -e hostwright -e b.conf -e many; ls /run | grep verify",
  );
  t.is(stdout, "ExecStart=/usr/bin/sleep 2001\n");
});

test.serial("what systemd ignores or does not find is shown and passes", async (t) => {
  const { error, output } = await converge(site.lab, site.host, [
    systemdUnit({ unit: "soon.service", content: "[Service]\nExecStart=/opt/soon/bin\nColour=red\n" }),
  ]);
  t.is(error, undefined);
  t.regex(output.join("\n"), /soon\.service:3: Unknown key 'Colour'/);
  t.regex(output.join("\n"), /Command \/opt\/soon\/bin is not executable/);
});

test.serial("templates, timers, oneshots and units of packages are predicted as they are", async (t) => {
  await prove(t, site, [
    systemdUnit({ unit: "many@.service", content: sleeper(50) }),
    systemdUnit({ unit: "tick.service", content: "[Service]\nType=oneshot\nExecStart=/usr/bin/true\n" }),
    systemdUnit({ unit: "tick.timer", content: "[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n" }),
    systemd({ unit: "tick.timer", state: "started", enabled: true }),
    systemdUnit({
      unit: "once.service",
      content: "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/usr/bin/true\n[Install]\nAlso=tick.timer\n",
    }),
    systemd({ unit: "once.service", state: "started" }),
  ]);
  await prove(t, site, [systemd({ unit: "many@two.service", state: "started", enabled: true })]);
  await site.host.exec("cp /lib/systemd/system/ssh.service /root/");
  const text = (await site.host.exec("cat /root/ssh.service")).stdout;
  await prove(t, site, [systemdUnit({ unit: "ssh.service", content: `${text}# ours\n` })]);
  await prove(t, site, [systemdUnit({ unit: "ssh.service", absent: true })]);
  t.deepEqual(await show("ssh.service", "LoadState,UnitFileState"), ["loaded", "enabled"]);
});

test.serial("a unit that is left as a link in a target is enabled by its file alone", async (t) => {
  await site.host.exec("ln -s ../left.service /etc/systemd/system/multi-user.target.wants/left.service");
  await prove(t, site, [systemdUnit({ unit: "left.service", content: sleeper(3) })]);
  t.deepEqual(await show("left.service", "UnitFileState"), ["enabled"]);
});

test.serial("a masked unit's file is not written over", async (t) => {
  await site.host.exec("systemctl mask closed.service");
  const { error } = await converge(site.lab, site.host, [systemdUnit({ unit: "closed.service", content: sleeper(3) })]);
  t.regex(error?.message ?? "", /blocked: unit closed\.service is masked; unmask it first/);
});

test.serial("a unit is stopped, disabled and removed", async (t) => {
  await prove(t, site, [
    systemd({ unit: "sleeper.service", state: "stopped", enabled: false }),
    systemdUnit({ unit: "sleeper.service", absent: true }),
  ]);
  t.deepEqual(await show("sleeper.service", "LoadState,ActiveState"), ["not-found", "inactive"]);
  await prove(t, site, [systemd({ unit: "sleeper.service", state: "stopped", enabled: false })], ["ok"]);
});
