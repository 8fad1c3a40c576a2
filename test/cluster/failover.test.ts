import test from "ava";
import { errorOf } from "../hosts/_playbook.ts";
import type { LabHost } from "../lab/host.ts";
import { eventually, finishedIn, formedCluster, NODES, runBook } from "./_cluster.ts";

const cluster = await formedCluster();

const controlPlanes = () => cluster.lab.hosts.slice(0, 3);

async function holder(): Promise<LabHost> {
  let found: LabHost | undefined;
  await eventually(async () => {
    const has = await Promise.all(
      controlPlanes().map(async (host) =>
        (await host.exec(`ip -br addr show host0 | grep -c ' ${cluster.virtualAddress}/'`)).stdout.trim(),
      ),
    );
    const holding = controlPlanes().filter((_, index) => has[index] === "1");
    [found] = holding;
    return { seen: holding.map(({ name }) => name).join(" "), ready: holding.length === 1 };
  }, 30_000);
  if (!found) throw new Error("nobody holds the address");
  return found;
}

/** kubectl through the virtual address, again and again, each answer with its time, until the file goes. */
const ASKING = `touch /run/asking
while [ -e /run/asking ]; do
  at=$(date +%s%3N)
  if kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=2s get namespace default -o name >/dev/null 2>&1
  then echo "$at $(date +%s%3N) ok"; else echo "$at $(date +%s%3N) failed"; fi
  sleep 0.1
done >/run/asked`;

interface Asked {
  readonly startMs: number;
  readonly endMs: number;
  readonly ok: boolean;
}

async function askedOf(observer: LabHost): Promise<readonly Asked[]> {
  const { stdout } = await observer.exec("cat /run/asked");
  return stdout
    .trim()
    .split("\n")
    .map((line) => line.split(" "))
    .map(([start, end, what]) => ({ startMs: Number(start), endMs: Number(end), ok: what === "ok" }));
}

/** The longest time between two answers. */
function longestGap(asked: readonly Asked[]): number {
  const ends = asked.flatMap(({ endMs, ok }) => (ok ? [endMs] : []));
  return Math.max(...ends.slice(1).map((end, index) => end - (ends[index] ?? end)));
}

test.serial("requests go on when the holder's haproxy stops, and the address does not move back", async (t) => {
  const { code, events } = await runBook(cluster, "ha-test.mts");
  t.is(code, 0, errorOf(events));
  const told = finishedIn(events).map(({ subject }) => subject);
  const numbers = told.find((subject) => /longest gap .* requests failed/.test(subject));
  t.truthy(numbers, told.join("; "));
  t.log(numbers);
});

test.serial(
  "kubectl goes on when the holder is killed; it comes back by itself, and etcd is whole again",
  async (t) => {
    const lost = await holder();
    const observer = controlPlanes().find((host) => host !== lost) ?? lost;
    await observer.exec(`cat >/run/asking.sh; nohup sh /run/asking.sh >/dev/null 2>&1 &`, { input: ASKING });
    const answered = (more: number) =>
      eventually(async () => {
        const asked = await askedOf(observer);
        const last = asked.slice(-more);
        return { seen: `${asked.length} asked`, ready: last.length === more && last.every(({ ok }) => ok) };
      }, 60_000);
    await answered(10);
    const before = (await askedOf(observer)).length;
    await lost.kill();
    await eventually(
      async () => ({
        seen: "nothing failed yet",
        ready: (await askedOf(observer)).slice(before).some(({ ok }) => !ok),
      }),
      20_000,
    ).catch(
      () => undefined, // A balancer that notices in time loses no request.
    );
    await answered(50);
    await observer.exec("rm /run/asking");
    const asked = await askedOf(observer);
    const failed = asked.filter(({ ok }) => !ok).length;
    t.log(
      `${lost.name} killed: longest gap ${(longestGap(asked) / 1000).toFixed(1)} s, ${failed} of ${asked.length} failed`,
    );
    t.true(longestGap(asked) < 15_000, "kubectl goes on");
    await lost.boot();
    await cluster.ready(NODES, { via: lost.name });
    t.deepEqual(
      (await cluster.members(lost.name)).map(({ voting }) => voting),
      [true, true, true],
    );
    const again = await runBook(cluster, "site.mts");
    t.is(again.code, 0, errorOf(again.events));
  },
);
