import test from "ava";
import type { Action } from "../../../lib/engine/action.ts";
import { reboot } from "../../../lib/tasks/reboot.ts";
import { waitFor } from "../../../lib/tasks/wait-for.ts";
import { act } from "../_act.ts";
import { freshHost } from "../_host.ts";

const site = await freshHost(9);

/** Runs a command on the host once the wait has told that it waits. */
function onceItWaits(command: string): () => void {
  let begun = false;
  return () => {
    if (begun) return;
    begun = true;
    void site.host.exec(command);
  };
}

test.serial("in check mode nothing is done", async (t) => {
  const before = site.host.pid;
  const actions: readonly Action<unknown>[] = [waitFor({ port: 1 }), waitFor({ command: "false" }), reboot({})];
  for (const action of actions) {
    const { answer, results, error } = await act(site, action, { check: true });
    t.is(error, undefined);
    t.deepEqual(answer, { acted: false });
    t.deepEqual(
      results.map(({ status }) => status),
      ["skipped"],
    );
  }
  t.is(site.host.pid, before);
});

test.serial("a port is waited for until it accepts connections", async (t) => {
  const onOutput = onceItWaits("systemd-run --quiet --collect python3 -m http.server 8099 --bind 127.0.0.1");
  const wait = waitFor({ port: 8099, deadlineMs: 20_000, everyMs: 100 });
  const { answer, output, error, results } = await act(site, wait, { onOutput });
  t.is(error, undefined);
  t.true(answer?.acted);
  t.is(output[0], "not yet: Connection refused");
  t.is(output.at(-1), "accepts connections");
  t.deepEqual(
    results.map(({ status, ref }) => [status, ref.subject]),
    [["ok", "port 127.0.0.1:8099"]],
  );
});

test.serial("an address is waited for until it answers with the wanted status", async (t) => {
  const found = await act(site, waitFor({ http: "http://127.0.0.1:8099/etc", status: 301, deadlineMs: 5_000 }));
  t.is(found.error, undefined);
  t.is(found.output.at(-1), "status 301", "a redirect is not followed");
  const missing = await act(site, waitFor({ http: "http://127.0.0.1:8099/nothing", deadlineMs: 500, everyMs: 100 }));
  t.is(
    missing.error?.message,
    `${site.host.name}: waited 0.5 s in vain until http://127.0.0.1:8099/nothing answers with status 200 (deadline "wait"); last seen: status 404`,
  );
  t.is(missing.error?.kind, "timeout");
  const refused = await act(site, waitFor({ http: "http://127.0.0.1:8098/", deadlineMs: 300, everyMs: 100 }));
  t.regex(refused.error?.message ?? "", /last seen: curl: \(7\) Failed to connect to 127.0.0.1 port 8098/);
});

test.serial("a command is waited for until it succeeds", async (t) => {
  const onOutput = onceItWaits("touch /run/there");
  const { answer, error } = await act(site, waitFor({ command: "test -e /run/there", everyMs: 100 }), { onOutput });
  t.is(error, undefined);
  t.true(answer?.acted && answer.value.waitedMs > 100);
  const failing = await act(
    site,
    waitFor({ command: "echo one; echo two >&2; exit 3", deadlineMs: 300, everyMs: 100 }),
  );
  t.regex(
    failing.error?.message ?? "",
    /waited 0.3 s in vain until "echo one; .*" succeeds .* last seen: status 3, it said: two$/,
  );
});

test.serial("a port that nobody listens on is told with how it looked", async (t) => {
  const { error } = await act(site, waitFor({ port: 8097, deadlineMs: 300, everyMs: 100 }));
  t.regex(error?.message ?? "", /port 127.0.0.1:8097 accepts connections .* last seen: Connection refused$/);
  const unknown = await act(site, waitFor({ port: 80, host: "no.such.invalid", deadlineMs: 300, everyMs: 100 }));
  t.regex(
    unknown.error?.message ?? "",
    /last seen: (Name or service not known|Temporary failure in name resolution|no answer within 1 s)$/,
  );
});

test.serial("other tools are used where bash or curl is missing, and none at all is told", async (t) => {
  await site.host.exec("usermod -s /bin/sh admin; chmod a-x /usr/bin/bash");
  try {
    const byCurl = await act(site, waitFor({ port: 8099, deadlineMs: 5_000 }));
    t.is(byCurl.error, undefined);
    const closed = await act(site, waitFor({ port: 8097, deadlineMs: 300, everyMs: 100 }));
    t.regex(closed.error?.message ?? "", /last seen: no connection$/);
    await site.host.exec("chmod a-x /usr/bin/curl");
    const byNone = await act(site, waitFor({ port: 8099, deadlineMs: 5_000 }));
    t.regex(byNone.error?.message ?? "", /cannot wait for port 127.0.0.1:8099: none of bash, nc and curl is installed/);
    t.is(byNone.error?.kind, "command");
    const http = await act(site, waitFor({ http: "http://127.0.0.1:8099/", deadlineMs: 5_000 }));
    t.regex(http.error?.message ?? "", /neither curl nor wget is installed/);
  } finally {
    await site.host.exec("chmod a+x /usr/bin/bash /usr/bin/curl");
  }
});

test.serial("a host reboots and is back with another boot id", async (t) => {
  const before = site.host.pid;
  const { answer, error, results } = await act(site, reboot({ deadlineMs: 60_000, reason: "a test" }));
  t.is(error, undefined);
  if (!answer?.acted) return t.fail("not done");
  t.not(answer.value.after, answer.value.before);
  t.not(site.host.pid, before);
  t.is((await site.host.exec("cat /proc/sys/kernel/random/boot_id")).stdout.trim(), answer.value.after);
  t.deepEqual(
    results.map(({ status, ref }) => [status, ref.subject]),
    [["changed", "a test"]],
  );
});

test.serial("a reboot that is refused says why, one that does not happen is told at its deadline", async (t) => {
  await site.host.exec(
    "mv /usr/bin/systemctl /usr/bin/systemctl.real; printf '#!/bin/sh\\nexit 0\\n' >/usr/bin/systemctl; chmod +x /usr/bin/systemctl",
  );
  const idle = await act(site, reboot({ deadlineMs: 1_500 }));
  t.regex(
    idle.error?.message ?? "",
    /not back within 1.5 s \(deadline "reboot"\); last: it still answers with the same boot id/,
  );
  await site.host.exec("printf '#!/bin/sh\\necho inhibited; exit 1\\n' >/usr/bin/systemctl");
  const refused = await act(site, reboot({ deadlineMs: 5_000 }));
  t.regex(refused.error?.message ?? "", /the reboot was refused with status 1: inhibited/);
});
