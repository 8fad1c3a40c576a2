import { setTimeout as pause } from "node:timers/promises";
import test from "ava";
import type { LabHost } from "../lab/host.ts";
import { ensureLab, openLab, removeLab } from "../lab/lab.ts";
import { layLab, saveLab } from "../lab/lay.ts";
import { removeSaved, savedLabs } from "../lab/saved.ts";

/** A lab of its own: these tests save it, lay it and switch hosts off. */
const NAME = "saved";

await clear();
const lab = await ensureLab({ name: NAME, hosts: 2 });
const [first, second] = [lab.host("node-1"), lab.host("node-2")];

test.after.always(clear);

async function clear(): Promise<void> {
  await removeLab(NAME);
  const saved = savedLabs().filter(({ name }) => name.startsWith(`${NAME}-`));
  // The latest first: it may stand on the others.
  for (const { name } of saved.toSorted((a, b) => b.savedAt.localeCompare(a.savedAt))) await removeSaved(name);
}

async function inside(host: LabHost, script: string): Promise<string> {
  const { code, stdout, stderr } = await host.exec(`set -e\n${script}`);
  if (code !== 0) throw new Error(`${host.name}: ${stderr}`);
  return stdout.trim();
}

const write = `
echo saved >/root/note
rm /etc/issue
rm -r /usr/share/doc/curl
mkdir /usr/share/doc/curl
echo new >/usr/share/doc/curl/only
mkdir -p /var/lib/etcd/member
echo log >/var/lib/etcd/member/wal
ln /var/lib/etcd/member/wal /var/lib/etcd/member/second
ln /root/note /root/same
truncate -s 100M /var/lib/etcd/holes
chown 1000:37 /var/lib/etcd/member
setcap cap_net_raw+ep /root/note 2>/dev/null || setfattr -n user.kind -v note /root/note 2>/dev/null || true
sync`;

const look = `
cat /root/note
stat -c "%h links" /root/note
ls /etc/issue 2>/dev/null || echo "no issue"
ls /usr/share/doc/curl
cat /var/lib/etcd/member/wal
stat -c "%h links" /var/lib/etcd/member/wal
stat -c "%u:%g" /var/lib/etcd/member
[ "$(stat -c %b /var/lib/etcd/holes)" -lt 100 ] && echo "holes"
stat -c "%s bytes" /var/lib/etcd/holes
cat /etc/machine-id`;

const change = `
echo later >/root/note
echo back >/etc/issue
rm -r /usr/share/doc/curl /var/lib/etcd/member
echo lost >/var/lib/etcd/lost
systemctl mask --now ssh.service`;

test.serial("a lab is laid as it was saved: changes since are gone, and hosts that came later", async (t) => {
  await inside(first, write);
  await inside(second, "echo other >/root/note");
  const before = await inside(first, look);
  t.regex(before, /^saved\n2 links\nno issue\nonly\nlog\n2 links\n1000:37\nholes\n104857600 bytes\n[0-9a-f]{32}$/);
  const keys = first.hostKeys;
  await saveLab(NAME, "saved-once");
  t.false(first.running);

  await ensureLab({ name: NAME, hosts: 3 });
  t.is(await inside(first, look), before, "hosts go on with what was saved");
  await inside(first, change);

  const laid = await layLab(NAME, "saved-once");
  t.deepEqual(
    laid.hosts.map((host) => host.name),
    ["node-1", "node-2"],
  );
  t.is(await inside(first, look), before);
  t.is(await inside(first, "ls /var/lib/etcd"), "holes\nmember");
  t.is(await inside(second, "cat /root/note"), "other");
  t.deepEqual(first.hostKeys, keys);
});

test.serial("a saved lab stands on another one, which stays as long", async (t) => {
  await inside(first, "echo more >/root/more; rm /root/note");
  await saveLab(NAME, "saved-twice");
  await t.throwsAsync(removeSaved("saved-once"), { message: /the lab "saved" and the saved lab "saved-twice" stand/ });
  await t.throwsAsync(saveLab(NAME, "saved-twice"), { message: /can be neither removed nor replaced/ });
  await layLab(NAME, "saved-once");
  t.is(await inside(first, "ls /root"), "note\nsame");
  await layLab(NAME, "saved-twice");
  t.is(await inside(first, "ls /root"), "more\nsame");
});

test.serial("a lab that was removed is laid again, with its keys", async (t) => {
  const keys = first.hostKeys;
  await removeLab(NAME);
  const again = await layLab(NAME, "saved-once");
  t.is(await inside(again.host("node-1"), "cat /root/note"), "saved");
  t.deepEqual(again.host("node-1").hostKeys, keys);
  t.is(again.prefix, lab.prefix);
});

test.serial("a reset host stands on the root again", async (t) => {
  await second.reset();
  t.is(await inside(second, "ls /root"), "");
  t.is(await inside(first, "cat /root/note"), "saved", "the other one is not touched");
});

test.serial("hosts are added while others stay off", async (t) => {
  await first.kill();
  const pid = second.pid;
  const grown = await ensureLab({ name: NAME, hosts: 3, switchOn: "added" });
  t.true(grown.host("node-3").running);
  t.false(first.running);
  t.is(second.pid, pid);
  await ensureLab({ name: NAME, hosts: 3, switchOn: "added" });
  t.false(first.running, "nothing is added: nothing is switched on");
  await first.boot();
});

test.serial("a host is reset while others complete the lab", async (t) => {
  // Each of them once made the disk of a host that had none, all at the same time: it booted with half of it.
  for (let round = 0; round < 3; round++) {
    const opens = [0, 20, 40, 60, 80, 100, 140, 180].map(async (ms) => {
      await pause(ms);
      await ensureLab({ name: NAME, hosts: 3 });
    });
    await t.notThrowsAsync(Promise.all([second.reset(), ...opens]));
    t.is(await inside(second, "ls -d /upper.new 2>/dev/null || hostname"), "node-2");
  }
});

test.serial("a host that cannot boot is switched off and on once, and then tells what is seen of it", async (t) => {
  const steps: string[] = [];
  const host = openLab(NAME, { step: (text) => steps.push(text), live() {} })?.host("node-3");
  await inside(lab3(), "ln -sfn /bin/false /usr/lib/systemd/systemd");
  await lab3().kill();
  const error = await t.throwsAsync(async () => host?.boot());
  t.regex(steps.join("\n"), /^node-3 did not come up; it is switched off and on again, once\. /);
  t.regex(error?.message ?? "", /node-3 of lab "saved" ended while it booted\. What is seen of it:\n {2}processes: /);
  t.regex(error?.message ?? "", /link: no vb-/);
  await lab3().reset();
});

function lab3(): LabHost {
  const host = openLab(NAME)?.host("node-3");
  if (!host) throw new Error("node-3 is there no more");
  return host;
}
