import test from "ava";
import { apt } from "../../../lib/tasks/apt.ts";
import { file } from "../../../lib/tasks/file.ts";
import { systemd } from "../../../lib/tasks/systemd.ts";
import { converge, freshHost, prove } from "../_host.ts";

const site = await freshHost(2);

const dpkg = async (name: string) =>
  (await site.host.exec(`dpkg-query -W -f '\${Version} \${db:Status-Abbrev}' ${name} 2>&1`)).stdout.trim();

const run = (...tasks: Parameters<typeof converge>[2]) => converge(site.lab, site.host, tasks);

/** Versions that the host's sources offer, the newest first. */
const versions = async (name: string): Promise<readonly [string, string]> => {
  const { stdout } = await site.host.exec(`apt-cache madison ${name} | awk '{ print $3 }'`);
  const [newest = "", older = ""] = stdout.trim().split("\n");
  return [newest, older];
};

/** Holds a lock as apt and dpkg do (fcntl), until the returned function is called. */
const holdLock = async (path: string) => {
  const program = `import fcntl,time; f=open("${path}","r+"); fcntl.lockf(f,fcntl.LOCK_EX); open("/run/held","w"); time.sleep(300)`;
  const { stdout } = await site.host.exec(
    `rm -f /run/held; python3 -c '${program}' >/dev/null 2>&1 & p=$!; while [ ! -e /run/held ]; do sleep 0.05; done; echo $p`,
  );
  return { pid: stdout.trim(), release: () => site.host.exec(`kill ${stdout.trim()}`) };
};

test.serial("packages are installed once on a host without any lists", async (t) => {
  t.is((await site.host.exec("ls /var/lib/apt/lists | grep -c Release")).stdout, "0\n");
  await prove(t, site, [apt({ packages: ["tree", "hello"] }), apt({ packages: ["tree"] })], ["changed", "ok"]);
  t.regex(await dpkg("tree"), / ii$/);
});

test.serial("fresh lists are not asked for again, and are where they do not know what is wanted", async (t) => {
  const first = await run(apt({ packages: ["bc"] }));
  t.notRegex(first.output.join("\n"), /Release|InRelease/);
  await site.host.exec("rm /var/lib/apt/lists/*Packages");
  const second = await run(apt({ packages: ["ed"] }));
  t.is(second.error, undefined);
  t.regex(second.output.join("\n"), /once more with new ones/);
  await site.host.exec("touch /etc/apt/sources.list");
  t.regex((await run(apt({ packages: ["dash", "m4"] }))).output.join("\n"), /InRelease/);
  t.regex((await run(apt({ packages: ["patch"], cacheMaxAgeMs: 0 }))).output.join("\n"), /InRelease/);
});

test.serial("versions are installed, held, raised and lowered", async (t) => {
  const [newest, older] = await versions("haproxy");
  t.true(newest !== "" && older !== "");
  await prove(t, site, [apt({ packages: [{ name: "haproxy", version: older }], hold: true })]);
  t.is(await dpkg("haproxy"), `${older} hi`);
  const held = await run(apt({ packages: [{ name: "haproxy", version: newest }] }));
  t.regex(held.error?.message ?? "", /blocked: package haproxy is held at .*; demand hold: true to change it/);
  await prove(t, site, [apt({ packages: ["haproxy"] })], ["ok"]);
  await prove(t, site, [apt({ packages: [{ name: "haproxy", version: newest }], hold: true })]);
  t.is(await dpkg("haproxy"), `${newest} hi`);
  await prove(t, site, [apt({ packages: [{ name: "haproxy", version: older }], hold: false })]);
  t.is(await dpkg("haproxy"), `${older} ii`);
  await prove(t, site, [apt({ packages: [{ name: "haproxy", version: `${newest.slice(0, 4)}*` }] })], ["ok"]);
  const none = await run(apt({ packages: [{ name: "haproxy", version: "9.*" }] }));
  t.regex(none.error?.message ?? "", /failed with status 100.*Version '9\.\*' for 'haproxy' was not found/);
});

test.serial("a package is removed, and with its configuration", async (t) => {
  await site.host.exec("echo '# by hand' >>/etc/haproxy/haproxy.cfg");
  await prove(t, site, [apt({ packages: ["haproxy"], absent: true })]);
  t.regex(await dpkg("haproxy"), / rc$/);
  await prove(t, site, [apt({ packages: ["haproxy"], absent: true })], ["ok"]);
  await prove(t, site, [apt({ packages: ["haproxy"] })]);
  t.regex((await site.host.exec("cat /etc/haproxy/haproxy.cfg")).stdout, /by hand/);
  await prove(t, site, [apt({ packages: ["haproxy", "no-such-package"], absent: true, purge: true })]);
  t.regex(await dpkg("haproxy"), /no packages found/);
});

test.serial("check does not guess at what a package brings", async (t) => {
  const tasks = [
    apt({ packages: ["haproxy"] }),
    file({ path: "/etc/haproxy/haproxy.cfg", content: "defaults\n  mode http\n  timeout client 1s\n" }),
    file({ path: "/etc/motd", content: "hello\n" }),
    systemd({ unit: "haproxy.service", state: "started", restartAfter: ["/etc/haproxy/haproxy.cfg"] }),
    apt({ packages: ["keepalived"] }),
  ];
  const { results } = await converge(site.lab, site.host, tasks, { check: true });
  t.deepEqual(
    results.map(({ status }) => status),
    ["would-change", "unknown", "would-change", "unknown", "would-change"],
  );
  t.is(results[1]?.reason, "unknown until apt haproxy is applied");
  t.is((await run(...tasks)).error, undefined);
  t.is((await site.host.exec("systemctl is-active haproxy")).stdout, "active\n");
  await prove(t, site, tasks, ["ok", "ok", "ok", "ok", "ok"]);
});

test.serial("a package that dpkg was stopped at is configured first, and gets what it needs", async (t) => {
  await site.host.exec("cd /root && apt-get -q download sl rolldice >/dev/null 2>&1; dpkg --unpack /root/*.deb");
  t.regex(await dpkg("sl"), / iU$/);
  const { results } = await prove(t, site, [apt({ packages: ["rolldice", "sl", "tree"] })]);
  t.deepEqual(
    results[0]?.changes.map(({ what, from, to }) => `${what}: ${from} -> ${to}`),
    ["package rolldice: unpacked -> configured", "package sl: unpacked -> configured"],
  );
  t.regex(await dpkg("sl"), / ii$/);
  await run(apt({ packages: ["rolldice"], absent: true }));
});

test.serial("names that are none, or only others provide, are refused", async (t) => {
  const regex = await run(apt({ packages: ["python3.9"] }));
  t.regex(regex.error?.message ?? "", /failed with status 100.*Unable to locate package python3\.9/);
  const virtual = await run(apt({ packages: ["mail-transport-agent"] }));
  t.regex(virtual.error?.message ?? "", /has no installation candidate/);
});

test.serial("a lock that another process holds is waited for, and named when it takes too long", async (t) => {
  for (const path of ["/var/lib/apt/lists/lock", "/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock"]) {
    const lock = await holdLock(path);
    const { error } = await run(apt({ packages: ["rolldice"], cacheMaxAgeMs: 0, lockTimeoutMs: 1000 }));
    t.regex(
      error?.message ?? "",
      new RegExp(`gave up after 1 s of waiting for a lock: .*${path}.*process ${lock.pid}`),
    );
    const waiting = run(apt({ packages: ["rolldice"], cacheMaxAgeMs: 0 }));
    await lock.release();
    t.is((await waiting).error, undefined);
    await run(apt({ packages: ["rolldice"], absent: true }));
  }
  const lock = await holdLock("/var/lib/dpkg/lock-frontend");
  const { error } = await run(apt({ packages: ["tree"], hold: true, lockTimeoutMs: 1000 }));
  t.regex(error?.message ?? "", /gave up after 1 s/);
  await lock.release();
});
