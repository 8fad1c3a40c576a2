import test from "ava";
import { installServices } from "../../bench/state.ts";
import type { RunEvent } from "../../lib/engine/events.ts";
import { startRelay } from "../lab/relay.ts";
import { freshHost, sshdLines } from "./_host.ts";
import { inventoryOf, runPlaybook, startPlaybook, temporaryFile } from "./_playbook.ts";

const { lab, host } = await freshHost(13);
await installServices([host]);
// Only at this level sshd tells of each session that it starts on a connection.
await insist("echo 'LogLevel VERBOSE' >/etc/ssh/sshd_config.d/verbose.conf; systemctl reload ssh");

test.serial("a first run makes the host what the others find", async (t) => {
  const { code, events, stderr } = await runPlaybook("economy.mts", [
    "-i",
    inventoryOf(lab, [host], { workload: "B" }),
  ]);
  t.is(code, 0, stderr);
  t.deepEqual(recapOf(events), { ok: 12, changed: 48 }, "packages and services are there already");
});

test.serial(
  "twenty converged tasks cost one login, one session, ten round trips, fifty processes and 20 kB",
  async (t) => {
    const cost = await leastOf(3, () => costOf("A"));
    t.log(cost);
    t.deepEqual(cost.recap, { ok: 20, changed: 0 });
    t.is(cost.connections, 1);
    t.is(cost.logins, 1);
    t.is(cost.sessions, 1);
    t.is(cost.planRoundTrips, 1);
    t.true(cost.roundTrips <= 10, `${cost.roundTrips} round trips`);
    t.true(cost.processes <= 50, `${cost.processes} processes`);
    t.true(cost.bytesUp <= 20_000, `${cost.bytesUp} bytes`);
  },
);

test.serial("sixty converged tasks cost one login, one session, ten round trips and few processes more", async (t) => {
  const twenty = await leastOf(2, () => costOf("A"));
  const sixty = await leastOf(2, () => costOf("B"));
  t.log(sixty);
  t.deepEqual(sixty.recap, { ok: 60, changed: 0 });
  t.is(sixty.logins, 1);
  t.is(sixty.sessions, 1);
  t.is(sixty.planRoundTrips, 1);
  t.true(sixty.roundTrips <= 10, `${sixty.roundTrips} round trips`);
  t.true(
    sixty.processes <= twenty.processes * 1.5,
    `${sixty.processes} processes, ${twenty.processes} for twenty tasks`,
  );
});

test.serial("a converged playbook of two plays costs one round trip per play and host", async (t) => {
  const { relay, inventory } = await countingLine(50, { workload: "A", plays: 2 });
  const run = startPlaybook("economy.mts", ["-i", inventory]);
  await run.event("host-finished");
  const afterFirst = relay.roundTrips;
  await run.event("host-finished", 1);
  t.is(relay.roundTrips - afterFirst, 1, "at the transport");
  const { code, events } = await run.ended;
  t.is(code, 0);
  const finished = events.filter((event) => event.event === "host-finished");
  t.deepEqual(
    finished.map(({ play, roundTrips }) => ({ play, roundTrips })),
    [
      { play: "Part 1", roundTrips: 1 },
      { play: "Part 2", roundTrips: 1 },
    ],
  );
  t.deepEqual(recapOf(events), { ok: 20, changed: 0 });
  await relay.close();
});

test.serial("the controller keeps 500 connections in less than 200 MB", async (t) => {
  // One host under five hundred names. Each sshd drops logins beyond ten at a time (MaxStartups), as those of five
  // hundred hosts would not: there are as many sshds as handshakes are made at a time.
  const ports = Array.from({ length: 32 }, (_, at) => 2201 + at);
  await insist(ports.map((port) => `systemd-run -q --unit=sshd-${port} /usr/sbin/sshd -D -p ${port}`).join("; "));
  await insist(`for p in ${ports.join(" ")}; do until ss -Hltn "sport = :$p" | grep -q .; do sleep 0.1; done; done`);
  const knownHostsFile = temporaryFile(
    "known_hosts",
    ports.flatMap((port) => host.hostKeys.map((key) => `[${host.address}]:${port} ${key}\n`)).join(""),
  );
  const names = Array.from({ length: 500 }, (_, at) => [
    `host-${at}`,
    { ansible_host: host.address, ansible_port: ports[at % ports.length] },
  ]);
  const vars = {
    ansible_user: host.user,
    ansible_become: true,
    ansible_ssh_private_key_file: lab.keyFile,
    hostwright_known_hosts_file: knownHostsFile,
  };
  const inventory = temporaryFile(
    "inventory.yaml",
    JSON.stringify({ all: { vars, hosts: Object.fromEntries(names) } }),
  );
  const { code, events, stderr } = await runPlaybook("economy.mts", ["-i", inventory, "--forks", "500", "--check"]);
  t.is(code, 0, stderr);
  t.is(events.filter((event) => event.event === "host-connected").length, 500);
  t.is(events.filter((event) => event.event === "host-finished" && event.status === "ok").length, 500);
  const { peakMb }: { peakMb: number } = JSON.parse(stderr.trim().split("\n").at(-1) ?? "");
  t.log(`${Math.round(peakMb)} MB at most`);
  t.true(peakMb < 200, `${peakMb} MB`);
});

/** What one run costs, counted at the line and at the host. */
async function costOf(workload: string) {
  const { relay, inventory } = await countingLine(20, { workload });
  const before = {
    logins: await sshdLines(host, "Accepted publickey for"),
    sessions: await sshdLines(host, "Starting session:"),
  };
  const newestBefore = await newestProcess();
  const run = startPlaybook("economy.mts", ["-i", inventory]);
  await run.event("host-finished");
  const { roundTrips } = relay;
  const { events } = await run.ended;
  const processes = (await newestProcess()) - newestBefore - 1;
  await relay.close();
  return {
    recap: recapOf(events),
    connections: relay.connections,
    logins: (await sshdLines(host, "Accepted publickey for")) - before.logins,
    sessions: (await sshdLines(host, "Starting session:")) - before.sessions,
    planRoundTrips: events.find((event) => event.event === "host-finished")?.roundTrips,
    /** From the first packet of the handshake to the end of the play. */
    roundTrips,
    /** All that the host started in that time: sshd's, the login's (with the user's service manager), sudo, our own. */
    processes,
    bytesUp: relay.bytesUp,
  };
}

/** Other things happen on a host, too: the run that met the least of them. */
async function leastOf<T extends { readonly processes: number }>(runs: number, once: () => Promise<T>): Promise<T> {
  let least = await once();
  for (let run = 1; run < runs; run++) {
    const next = await once();
    if (next.processes < least.processes) least = next;
  }
  return least;
}

/** The number of the newest process, this look: they are given one after the other. */
async function newestProcess(): Promise<number> {
  return Number((await host.exec("echo $$")).stdout);
}

/** A longer line to the host that counts. */
async function countingLine(rttMs: number, vars: Readonly<Record<string, unknown>>) {
  const relay = await startRelay({ to: { host: host.address, port: 22 }, rttMs });
  const knownHostsFile = temporaryFile(
    "known_hosts",
    host.hostKeys.map((key) => `[127.0.0.1]:${relay.port} ${key}\n`).join(""),
  );
  const line = { ...host, address: "127.0.0.1" };
  const reach = { ansible_port: relay.port, hostwright_known_hosts_file: knownHostsFile };
  return { relay, inventory: inventoryOf(lab, [line], { ...reach, ...vars }) };
}

function recapOf(events: readonly RunEvent[]) {
  const recap = events.find((event) => event.event === "recap");
  const { ok, changed } = Object.values(recap?.hosts ?? {})[0] ?? { ok: 0, changed: 0 };
  return { ok, changed };
}

async function insist(script: string): Promise<void> {
  const { code, stderr } = await host.exec(script);
  if (code !== 0) throw new Error(`${script}: ${stderr}`);
}
