import test from "ava";
import type { RunEvent } from "../../lib/engine/events.ts";
import { freshHost } from "./_host.ts";
import { errorOf, inventoryOf, runPlaybook } from "./_playbook.ts";

const sites = await Promise.all([19, 20, 21].map((number) => freshHost(number)));
const hosts = sites.map(({ host }) => host);
const [one, two, three] = hosts.map(({ name }) => name) as [string, string, string];
const { lab } = sites[0] as (typeof sites)[0];

test.beforeEach(async () => {
  await Promise.all(hosts.map((host) => host.exec("rm -f /run/mark-* /run/decided /run/waited")));
});

const args = (vars: Record<string, unknown>, failing?: string) => {
  const hostVars = failing === undefined ? {} : { [failing]: { fails: true } };
  return ["-i", inventoryOf(lab, hosts, vars, hostVars)];
};

/** What each host has of the two plays. */
const marks = async () =>
  Promise.all(hosts.map(async (host) => (await host.exec("ls /run | grep mark- | sort | tr '\\n' ' '")).stdout.trim()));

const statuses = (events: readonly RunEvent[]) =>
  events
    .flatMap((event) => (event.event === "host-finished" ? [`${event.play} ${event.host} ${event.status}`] : []))
    .sort();

const all = "mark-first mark-second";

test.serial(
  "a host that fails leaves the run, the others go on, and its failure is told with its output",
  async (t) => {
    const { code, events } = await runPlaybook("plays.mts", args({}, two));
    t.is(code, 1);
    t.deepEqual(await marks(), [all, "mark-first", all]);
    t.deepEqual(statuses(events), [
      `First ${one} ok`,
      `First ${two} failed`,
      `First ${three} ok`,
      `Second ${one} ok`,
      `Second ${three} ok`,
    ]);
    t.regex(errorOf(events), /command echo on purpose; exit 3 failed with status 3 .*: on purpose/);
    const last = events.at(-1);
    t.like(last?.event === "recap" ? last.hosts[two] : {}, { changed: 1, failed: 1, unreachable: 0 });
  },
);

test.serial("more failures than a play allows end the run after it", async (t) => {
  const { code, events } = await runPlaybook("plays.mts", args({ maxFailures: 0 }, two));
  t.is(code, 1);
  t.deepEqual(await marks(), ["mark-first", "mark-first", "mark-first"]);
  t.true(
    events.some(
      (event) =>
        event.event === "notice" &&
        /First: 1 of 3 hosts failed, so the run ends here; not run: Second/.test(event.message),
    ),
  );
});

test.serial("hosts take turns in a role; where one failure is too many, those behind it do not begin", async (t) => {
  const first = await runPlaybook("turns.mts", args({}, two));
  t.is(first.code, 1);
  t.deepEqual(await marks(), ["mark-after mark-turn", "mark-turn", "mark-after mark-turn"]);
  await Promise.all(hosts.map((host) => host.exec("rm -f /run/mark-*")));
  const { code, events } = await runPlaybook("turns.mts", args({ maxFailures: 0 }, two));
  t.is(code, 1);
  t.deepEqual(await marks(), ["mark-after mark-turn", "mark-turn", ""]);
  const notices = events.flatMap((event) => (event.event === "notice" ? [event.message] : []));
  t.deepEqual(notices, [
    `${three}: turn was not begun, since too many hosts have failed`,
    "Turns: 1 of 3 hosts failed, so the run ends here",
  ]);
});

test.serial("serial runs batches one after the other, and stops at one of which nothing is left", async (t) => {
  const { code, events } = await runPlaybook("plays.mts", args({ serial: 1 }, two));
  t.is(code, 1);
  t.deepEqual(await marks(), ["mark-first", "mark-first", ""]);
  t.deepEqual(statuses(events), [`First ${one} ok`, `First ${two} failed`]);
});

test.serial("plays are barriers, also where hosts are taken one at a time", async (t) => {
  const { code, events } = await runPlaybook("plays.mts", [...args({}), "--forks", "1"]);
  t.is(code, 0, errorOf(events));
  const order = events.flatMap((event) => (event.event === "host-finished" ? [`${event.play} ${event.host}`] : []));
  t.deepEqual(order, [
    `First ${one}`,
    `First ${two}`,
    `First ${three}`,
    `Second ${one}`,
    `Second ${two}`,
    `Second ${three}`,
  ]);
});

test.serial("a role that decides by what it reads, and does nothing in check mode", async (t) => {
  const checked = await runPlaybook("plays.mts", [...args({}), "--check", "--detailed-exitcode"]);
  t.is(checked.code, 2);
  t.true(
    checked.events.some(
      (event) => event.event === "task-finished" && event.task === "waitFor" && event.status === "skipped",
    ),
  );
  t.is((await hosts[0]?.exec("ls /run/decided"))?.code, 2);
  t.is((await runPlaybook("plays.mts", args({}))).code, 0);
  t.is((await hosts[0]?.exec("cat /run/decided /run/waited"))?.stdout, "debian\nx86_64\n");
  const again = await runPlaybook("plays.mts", [...args({}), "--detailed-exitcode"]);
  t.is(again.code, 0, "nothing changed, so nothing was waited for");
});

test.serial(
  "a role asks and acts on other hosts, within --limit or not, and what is secret there stays so",
  async (t) => {
    const { code, events } = await runPlaybook("peers.mts", [...args({ from: one }), "--limit", `${two},${three}`]);
    t.is(code, 1, "the role ends with an error that has the word in it");
    const taught = await Promise.all(hosts.map(async (host) => (await host.exec("cat /run/mark-taught")).stdout));
    t.deepEqual(taught, ["", `by ${one}\n`, `by ${one}\n`]);
    const learnt = await Promise.all(
      [one, two].map((name) => lab.host(name).exec("cat /run/mark-made /run/mark-word")),
    );
    const [word = "-"] = learnt.map(({ stdout }) => stdout.trim());
    t.is(word.length, 36);
    t.is(errorOf(events).match(/the word is .*/)?.[0], "the word is ********");
    t.false(JSON.stringify(events).includes(word));
    const last = events.at(-1);
    t.like(last?.event === "recap" ? last.hosts[one] : {}, { changed: 2 });
  },
);

test.serial("a host that a role asks in vain has not failed itself; a name that is none is an error", async (t) => {
  const unknown = await runPlaybook("peers.mts", [...args({ from: "nobody" }), "--limit", two]);
  t.regex(errorOf(unknown.events), /no host "nobody" for a role to ask/);
  t.is(unknown.code, 1);
});

test.serial("an unreachable host is told apart from one that failed, by the exit code too", async (t) => {
  await hosts[2]?.kill();
  const { code, events } = await runPlaybook("plays.mts", args({}));
  t.is(code, 4);
  t.deepEqual(
    (await Promise.all(hosts.slice(0, 2).map((host) => host.exec("ls /run/mark-second")))).map((each) => each.code),
    [0, 0],
  );
  t.true(statuses(events).includes(`First ${three} unreachable`));
  await hosts[2]?.boot();
  t.is((await runPlaybook("plays.mts", args({}))).code, 0);
});
