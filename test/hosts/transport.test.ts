import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { entryOf } from "../../lib/engine/entry.ts";
import { command } from "../../lib/tasks/command.ts";
import { file } from "../../lib/tasks/file.ts";
import { startRelay } from "../lab/relay.ts";
import { converge, errorFrom, freshHost, openHost, sshdLines } from "./_host.ts";

const site = await freshHost(11);
const { lab, host } = site;

/** A line to the host that counts, and how it is reached over it. */
async function countingLine(rttMs: number) {
  const relay = await startRelay({ to: { host: host.address, port: 22 }, rttMs });
  const knownHostsFile = join(mkdtempSync(join(tmpdir(), "hostwright-test-")), "known_hosts");
  writeFileSync(knownHostsFile, host.hostKeys.map((key) => `[127.0.0.1]:${relay.port} ${key}\n`).join(""));
  return { relay, reach: { address: "127.0.0.1", port: relay.port, knownHostsFile } };
}

const sixty = Array.from({ length: 60 }, (_, at) =>
  file({ path: `/etc/hw-${at}`, content: `file ${at}\n`.repeat(20) }),
);

test.serial("a first run of sixty files asks no more than three times what its tasks ask once", async (t) => {
  const asked = sixty.flatMap((task) => task.reads).length;
  const { relay, reach } = await countingLine(0);
  const first = await converge(lab, host, sixty, { reach });
  t.is(first.error, undefined);
  t.true(first.readsAsked <= 3 * asked, `${first.readsAsked} of ${asked}`);
  t.is(first.roundTrips, 2, "one to read, one to apply and read again");
  await relay.close();
});

test.serial(
  "a converged list costs one round trip, one login and one session, however many tasks it has",
  async (t) => {
    const { relay, reach } = await countingLine(50);
    const before = await sshdLines(host, "Accepted");
    let roundTrips = 0;
    const onEnd = () => {
      roundTrips = relay.roundTrips;
    };
    const again = await converge(lab, host, sixty, { reach, onEnd });
    const after = await sshdLines(host, "Accepted");
    t.deepEqual(
      again.results.filter(({ status }) => status !== "ok"),
      [],
    );
    t.is(again.roundTrips, 1);
    t.is(after - before, 1, "logins");
    t.true(roundTrips > 0 && roundTrips <= 10, `${roundTrips} round trips from cold to the end`);
    t.log(`${roundTrips} round trips, ${relay.bytesUp} bytes to the host`);
    await relay.close();
  },
);

test.serial("a change that hangs is stopped, and the session goes on", async (t) => {
  const { run, told } = openHost(lab, host, { deadlines: { stopMs: 500 } });
  const hangs = command({
    title: "hang",
    run: "trap '' TERM; sleep 1002; sleep 1002",
    creates: "/run/never",
    deadlineMs: 300,
  });
  const error = await errorFrom(run.converge([entryOf("test", hangs)]));
  t.regex(error?.message ?? "", /command hang was stopped by its deadline "change"/);
  const { changed } = await run.converge([entryOf("test", file({ path: "/run/after", content: "after\n" }))]);
  t.true(changed);
  t.is(told.logins, 1);
  t.is((await host.exec("pgrep -fc '[s]leep 1002'")).stdout, "0\n");
  await run.close();
});
