import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { startRelay } from "../lab/relay.ts";
import { freshHost } from "./_host.ts";
import { errorOf, inventoryOf, runPlaybook, startPlaybook } from "./_playbook.ts";

const { lab, host } = await freshHost(10);
const inventory = inventoryOf(lab, [host]);

test.beforeEach(async () => {
  await host.exec("rm -f /etc/before /etc/made /etc/after /run/begun /run/go-on /run/evidence");
});

/** Arguments of a run whose change runs this script. */
function args(script: string, vars: Record<string, unknown> = {}, file = inventory): string[] {
  return ["-i", file, "-e", JSON.stringify({ script, ...vars })];
}

/** What every fault owes: nothing half-written, and a next run that comes to the end of the list. */
async function nextRunConverges(t: ExecutionContext, script = ":") {
  t.is((await host.exec("ls -A /etc | grep hostwright || :")).stdout, "", "no temporary file is left");
  const next = await runPlaybook("faults.mts", args(script));
  t.is(next.code, 0, errorOf(next.events));
  t.is(
    (await host.exec("cat /etc/before /etc/after; ls /etc/made; ls /run/hostwright")).stdout,
    "before\nafter\n/etc/made\nholder\nmutex\n",
  );
}

/** Waits for a condition in the host. */
async function until(script: string): Promise<void> {
  const { code } = await host.exec(`for i in $(seq 200); do if ${script}; then exit 0; fi; sleep 0.1; done; exit 1`);
  if (code !== 0) throw new Error(`it never came: ${script}`);
}

test.serial(
  "sshd killed during a change: unreachable, its outcome unknown, and the change goes on to its end",
  async (t) => {
    const run = startPlaybook("faults.mts", args("touch /run/begun; sleep 3; echo noise; echo more noise"));
    await run.event("task-started");
    await until("[ -e /run/begun ]");
    await host.exec("pkill -9 -x sshd; systemctl start ssh");
    const { code, events } = await run.ended;
    t.is(code, 4);
    t.regex(
      errorOf(events),
      /connection lost.*change \/etc\/made was in flight and its outcome is unknown: the next run reads it/,
    );
    await nextRunConverges(t, "exit 1");
  },
);

test.serial("packets dropped during a change: it ends by the keepalive, not by hanging", async (t) => {
  const relay = await startRelay({ to: { host: host.address, port: 22 }, rttMs: 0 });
  const known = join(mkdtempSync(join(tmpdir(), "hostwright-test-")), "known_hosts");
  writeFileSync(known, host.hostKeys.map((key) => `[127.0.0.1]:${relay.port} ${key}\n`).join(""));
  const throughRelay = inventoryOf(lab, [{ ...host, address: "127.0.0.1" }], {
    ansible_port: relay.port,
    hostwright_known_hosts_file: known,
  });
  const run = startPlaybook("faults.mts", args("sleep 8", { keepaliveMs: 300 }, throughRelay));
  await run.event("task-started", 1); // the one before it is done at once
  relay.dropSilently();
  const { code, events } = await run.ended;
  await relay.close();
  t.is(code, 4);
  t.regex(errorOf(events), /connection lost.*Keepalive timeout.*was in flight/i);
  await host.exec("pkill -9 -f sshd:.admin");
  await nextRunConverges(t);
});

test.serial("a full disk: the file is as it was, and the message says why", async (t) => {
  await host.exec("mkdir -p /mnt/small; mount -t tmpfs -o size=64k none /mnt/small; echo old >/mnt/small/big");
  const { code, events } = await runPlaybook("faults.mts", args(":", { big: "/mnt/small/big" }));
  t.is(code, 1);
  t.regex(errorOf(events), /file \/mnt\/small\/big failed with status 1 .*No space left on device/);
  t.is((await host.exec("cat /mnt/small/big; ls -A /mnt/small; umount /mnt/small")).stdout, "old\nbig\n");
  await nextRunConverges(t);
});

test.serial("a wrong host key: refused before anything is sent, with both ways out", async (t) => {
  const known = join(mkdtempSync(join(tmpdir(), "hostwright-test-")), "known_hosts");
  const other = lab.host("node-1").hostKeys;
  writeFileSync(known, other.map((key) => `${host.address} ${key}\n`).join(""));
  const wrong = inventoryOf(lab, [host], { hostwright_known_hosts_file: known });
  const { code, events } = await runPlaybook("faults.mts", args(":", {}, wrong));
  t.is(code, 4);
  t.regex(errorOf(events), /host key has changed: .* shows \S+ SHA256:.*known_hosts:\d has another.*ssh-keygen -R/);
  await nextRunConverges(t);
});

test.serial("sudo that wants a password and gets none, gets a wrong one, and gets the right one", async (t) => {
  const none = await runPlaybook("faults.mts", args(":", {}, inventoryOf(lab, [host], { ansible_user: "operator" })));
  t.is(none.code, 1);
  t.regex(errorOf(none.events), /sudo wants a password .*set ansible_become_password/);
  const operator = (password: string) =>
    inventoryOf(lab, [host], { ansible_user: "operator", ansible_become_password: password });
  const wrong = await runPlaybook("faults.mts", args(":", {}, operator("guessed-wrong")));
  t.is(wrong.code, 1);
  t.regex(errorOf(wrong.events), /sudo did not accept ansible_become_password/);
  t.notRegex(JSON.stringify(wrong.events), /guessed-wrong/);
  const right = await runPlaybook("faults.mts", args(":", {}, operator("operator")));
  t.is(right.code, 0, errorOf(right.events));
  await nextRunConverges(t);
});

test.serial(
  "Ctrl-C in the middle: the change is stopped and named, the lock released, the recap printed",
  async (t) => {
    const run = startPlaybook("faults.mts", args("touch /run/begun; sleep 1000"));
    await run.event("task-started");
    await until("[ -e /run/begun ]");
    run.child.kill("SIGINT");
    const { code, events } = await run.ended;
    t.is(code, 130);
    t.regex(errorOf(events), /change \/etc\/made was interrupted while it was applied; the next run/);
    t.is(events.at(-1)?.event, "recap");
    t.is((await host.exec("pgrep -fc '[s]leep 1000'; ls /run/hostwright | grep -c run-")).stdout, "0\n0\n");
    await nextRunConverges(t);
  },
);

test.serial("two runs at once: the second says whose run holds the host, since when, and with what", async (t) => {
  const first = startPlaybook("faults.mts", args("while [ ! -e /run/go-on ]; do sleep 0.1; done"));
  await first.event("task-started");
  await until("[ -e /run/hostwright/run-*/change ]");
  const second = await runPlaybook("faults.mts", args(":"));
  t.is(second.code, 1);
  t.regex(
    errorOf(second.events),
    /held by another run: \S+@\S+, faults since 20\d\d-.*Z, which is applying change \/etc\/made; wait/,
  );
  const checked = await runPlaybook("faults.mts", [...args(":"), "--check"]);
  t.is(checked.code, 0, "check mode takes no lock");
  await host.exec("touch /run/go-on");
  t.is((await first.ended).code, 0);
  await nextRunConverges(t);
});

test.serial("a change that hangs is stopped by its deadline, with all that it started", async (t) => {
  const { code, events } = await runPlaybook(
    "faults.mts",
    args("trap '' TERM; echo working; sleep 1001 & sleep 1001 & wait; sleep 1001", { deadlineMs: 700 }),
  );
  t.is(code, 1);
  t.regex(
    errorOf(events),
    /change \/etc\/made was stopped by its deadline "change" while it was applied: working; the next run/,
  );
  t.is((await host.exec("pgrep -fc '[s]leep 1001'")).stdout, "0\n");
  await nextRunConverges(t);
});

test.serial("a change that leaves a daemon printing: later answers are clean, and the run ends", async (t) => {
  const noise = "while :; do echo noise; echo more >&2; sleep 0.02; done";
  const { code, events } = await runPlaybook("faults.mts", args(`sh -c '${noise}' & sleep 0.2`));
  t.is(code, 0, errorOf(events));
  const { stdout } = await host.exec("pgrep -f '[w]hile :; do echo noise' >/dev/null && cat /etc/after");
  t.is(stdout, "after\n", "the daemon goes on");
  await host.exec("pkill -f '[w]hile :; do echo noise'");
  await nextRunConverges(t);
});

test.serial(
  "a run killed with -9 and started again at once: it waits for the change and goes on from there",
  async (t) => {
    const run = startPlaybook(
      "faults.mts",
      args("touch /run/begun; while [ ! -e /run/go-on ]; do sleep 0.1; done; echo made >/run/evidence"),
    );
    await run.event("task-started");
    await until("[ -e /run/begun ]");
    run.child.kill("SIGKILL");
    await run.ended;
    const next = startPlaybook("faults.mts", args("exit 1"));
    await next.event("host-waiting");
    await host.exec("touch /run/go-on");
    const { code, events } = await next.ended;
    t.is(code, 0, errorOf(events));
    t.is((await host.exec("cat /run/evidence")).stdout, "made\n", "the killed run's change was not torn");
    await nextRunConverges(t);
  },
);
