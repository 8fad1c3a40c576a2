import test from "ava";
import type { RunEvent } from "../../lib/engine/events.ts";
import type { LabHost } from "../lab/host.ts";
import { freshHost, testHost } from "./_host.ts";
import { errorOf, runSite, temporaryFile } from "./_playbook.ts";

const sites = await Promise.all([15, 16, 17].map((number) => freshHost(number)));
const hosts = sites.map(({ host }) => host);
const { lab } = await testHost(15);
const vip = `${lab.prefix}150`;

const file = temporaryFile(
  "inventory.yaml",
  JSON.stringify({
    all: {
      vars: {
        ansible_user: "admin",
        ansible_become: true,
        ansible_ssh_private_key_file: lab.keyFile,
        hostwright_known_hosts_file: lab.knownHostsFile,
        virtual_address: `${vip}/24`,
        interface: "host0",
        virtual_router_id: 77,
        keepalived_password: "s3cret-7",
        keepalived_track: "script",
        cgroup_driver: "cgroupfs",
        restrict_oom_score_adj: true,
        preflight_allow: ["cgroup-version", "memory", "cpus"],
        // What comes after the balancer is for the tests of the cluster.
        kubernetes: false,
      },
      children: {
        kubernetes: {
          children: {
            control_plane: {
              hosts: Object.fromEntries(hosts.map(({ name, address }) => [name, { ansible_host: address }])),
            },
          },
        },
      },
    },
  }),
);

/** What check mode must not change: files and their content, packages, units and kernel parameters. */
const STATE = `systemctl is-system-running --wait >/dev/null
find /etc /usr/local /var/lib/dpkg -xdev -printf '%p %y %m %u %g %s %T@ %l\\n' | sort | sha256sum
find /etc -xdev -type f -exec sha256sum {} + | sort | sha256sum
dpkg -l | sha256sum
systemctl list-unit-files --no-legend | sha256sum
systemctl list-units --type service,socket,timer --all --no-legend --plain | grep -v 'systemd-tmpfiles-clean' | sort | sha256sum
cat /proc/modules /proc/sys/net/ipv4/ip_forward /proc/swaps /etc/hostname | sha256sum`;

const digest = async (host: LabHost) => (await host.exec(STATE)).stdout;

type Finished = Extract<RunEvent, { event: "task-finished" }>;
const finished = (events: readonly RunEvent[]) =>
  events.filter((event): event is Finished => event.event === "task-finished");
const recap = (events: readonly RunEvent[]) => {
  const last = events.at(-1);
  return last?.event === "recap" ? Object.values(last.hosts) : [];
};
const subject = ({ task, subject }: Finished) => `${task} ${subject}`;

test.serial("--check on fresh hosts changes nothing, and lists what will happen", async (t) => {
  const before = await Promise.all(hosts.map(digest));
  const { code, events } = await runSite(["-i", file, "--check"]);
  t.is(code, 0, errorOf(events));
  t.deepEqual(await Promise.all(hosts.map(digest)), before);
  const told = finished(events).filter(({ host, status }) => host === hosts[0]?.name && status !== "ok");
  for (const each of [
    "apt containerd",
    "apt haproxy",
    "template /etc/haproxy/haproxy.cfg",
    "systemd keepalived.service",
  ]) {
    t.true(told.map(subject).includes(each), each);
  }
  t.true(
    told.every(({ status, reason }) => status === "would-change" || /^unknown until apt .* is applied$/.test(reason)),
  );
});

test.serial("three fresh hosts converge, check foretold each change, and no prediction was wrong", async (t) => {
  const foretold = finished((await runSite(["-i", file, "--check"])).events).filter(({ status }) => status !== "ok");
  const { code, events } = await runSite(["-i", file]);
  t.is(code, 0, errorOf(events));
  t.deepEqual(
    events.filter(({ event }) => event === "notice"),
    [],
  );
  const changed = finished(events).filter(({ status }) => status === "changed");
  const names = (list: readonly Finished[]) => new Set(list.map((each) => `${each.host} ${subject(each)}`));
  t.deepEqual(
    [...names(changed)].filter((each) => !names(foretold).has(each)),
    [],
    "nothing that was not foretold",
  );
  const sure = foretold.filter(({ status }) => status === "would-change");
  t.deepEqual(
    [...names(sure)].filter((each) => !names(changed).has(each)),
    [],
    "nothing foretold that did not happen",
  );
  t.notRegex(JSON.stringify(events), /s3cret-7/);
});

test.serial("run again it changes nothing, in one round trip a play and host", async (t) => {
  const { code, events } = await runSite(["-i", file, "--detailed-exitcode"]);
  t.is(code, 0, errorOf(events));
  t.deepEqual(
    recap(events).map(({ changed }) => changed),
    [0, 0, 0],
  );
  const trips = events.flatMap((event) => (event.event === "host-finished" ? [event.roundTrips] : []));
  t.deepEqual(trips, [1, 1, 1, 1, 1, 1, 1]);
});

test.serial(
  "a changed parameter of haproxy.cfg: check tells the file and its restart, and apply does just that",
  async (t) => {
    const change = ["-i", file, "-e", "balancer_idle_timeout=5h", "--limit", hosts[0]?.name ?? ""];
    const expected = ["template /etc/haproxy/haproxy.cfg", "systemd haproxy.service"];
    const checked = finished((await runSite([...change, "--check"])).events).filter(({ status }) => status !== "ok");
    t.deepEqual(checked.map(subject), expected);
    t.deepEqual(
      checked.map(({ status }) => status),
      ["would-change", "would-change"],
    );
    t.is(checked[1]?.changes[0]?.what, "restart");
    const applied = await runSite([...change, "--detailed-exitcode"]);
    t.is(applied.code, 2);
    const changed = finished(applied.events).filter(({ status }) => status === "changed");
    t.deepEqual(changed.map(subject), expected);
    t.deepEqual(
      changed.map(({ changes }) => changes),
      checked.map(({ changes }) => changes),
      "to the word",
    );
    t.is((await runSite(["-i", file])).code, 0);
  },
);

test.serial("one role for maintenance, on one host", async (t) => {
  const { code, events } = await runSite(["-i", file, "--only", "keepalived", "--limit", hosts[1]?.name ?? ""]);
  t.is(code, 0);
  t.deepEqual(
    new Set(finished(events).map(({ host, role }) => `${host} ${role}`)),
    new Set([`${hosts[1]?.name} keepalived`]),
  );
});

/** The host that has the virtual address; undefined when none has. */
async function holders(among: readonly LabHost[]): Promise<readonly LabHost[]> {
  const has = await Promise.all(
    among.map(async (host) => (await host.exec(`ip -br addr show host0 | grep -c ' ${vip}/'`)).stdout.trim() === "1"),
  );
  return among.filter((_, index) => has[index]);
}

/** Waits until exactly one of these hosts has the address; answers which, and after how many seconds. */
async function heldByOneOf(among: readonly LabHost[]): Promise<{ readonly holder: LabHost; readonly seconds: number }> {
  const start = performance.now();
  while (performance.now() - start < 60_000) {
    const [holder, ...others] = await holders(among);
    if (holder && others.length === 0) return { holder, seconds: (performance.now() - start) / 1000 };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${vip} is on none or several of ${among.map(({ name }) => name).join(", ")}`);
}

test.serial("the virtual address moves when its holder's haproxy stops, and does not move back", async (t) => {
  const { holder } = await heldByOneOf(hosts);
  const others = hosts.filter((host) => host !== holder);
  await holder.exec("systemctl stop haproxy");
  const moved = await heldByOneOf(others);
  t.log(`moved ${moved.seconds.toFixed(1)} s after haproxy was stopped`);
  t.true(moved.seconds < 5);
  const repaired = await runSite(["-i", file]);
  t.is(repaired.code, 0, errorOf(repaired.events));
  t.deepEqual(await holders(hosts), [moved.holder]);
});

test.serial("the virtual address moves when its holder is lost", async (t) => {
  const { holder } = await heldByOneOf(hosts);
  const others = hosts.filter((host) => host !== holder);
  await holder.kill();
  const moved = await heldByOneOf(others);
  t.log(`moved ${moved.seconds.toFixed(1)} s after the host was lost`);
  t.true(moved.seconds < 5);
  await holder.boot();
  const again = await runSite(["-i", file]);
  t.is(again.code, 0, errorOf(again.events));
  t.deepEqual(
    recap(again.events).map(({ changed }) => changed),
    [0, 0, 0],
    "a boot brings everything back by itself",
  );
});
