import test from "ava";
import { CommandError, ConnectionError, PrivilegeError, TimeoutError, UsageError } from "../../../lib/errors.ts";
import { reboot } from "../../../lib/tasks/reboot.ts";
import { contextOf } from "./_context.ts";

test("it is done when the boot id is another one", async (t) => {
  const { context, commands } = contextOf({ bootIds: ["one", "two"] });
  t.deepEqual(await reboot({}).run(context), { before: "one", after: "two", downMs: 0 });
  t.deepEqual(commands, ["if [ -d /run/systemd/system ]; then systemctl reboot; else reboot; fi"]);
});

test("its reason is in the host's log", async (t) => {
  const { context, commands } = contextOf({ bootIds: ["one", "two"] });
  await reboot({ reason: "kernel 6.1's fix" }).run(context);
  t.regex(commands[0] ?? "", /^logger -t hostwright -- 'rebooting: kernel 6\.1'\\''s fix' /);
  t.is(reboot({ reason: "kernel" }).subject, "kernel");
  t.throws(() => reboot({ reason: "a\nb" }), { instanceOf: UsageError });
});

test("logins that meet the system going down or coming up are tried again", async (t) => {
  const met = [
    undefined,
    new ConnectionError("connection lost"),
    new PrivilegeError("no root by sudo"),
    new CommandError("reading host-facts ended before its answer was complete"),
  ];
  const reconnect = () => {
    const error = met.shift();
    if (error) throw error;
  };
  const { context, clock } = contextOf({ bootIds: ["one", "one", "two"], reconnect });
  t.deepEqual(await reboot({}).run(context), { before: "one", after: "two", downMs: 2_000 });
  t.is(clock.now, 2_000);
});

test("a line that is lost while it is asked for is no failure", async (t) => {
  const run = () => {
    throw new ConnectionError("connection lost");
  };
  const { context } = contextOf({ bootIds: ["one", "two"], run });
  t.is((await reboot({}).run(context)).after, "two");
});

test("a refusal is told at once, with what was said", async (t) => {
  const { context } = contextOf({ bootIds: ["one"], run: () => ({ status: 1, output: ["Operation inhibited"] }) });
  await t.throwsAsync(reboot({}).run(context), {
    instanceOf: CommandError,
    message: "web-1: the reboot was refused with status 1: Operation inhibited",
  });
});

test("a host that stays as it is did not reboot", async (t) => {
  const { context } = contextOf({ bootIds: ["one"] });
  await t.throwsAsync(reboot({ deadlineMs: 3_000 }).run(context), {
    instanceOf: TimeoutError,
    message:
      'web-1: not back within 3 s (deadline "reboot"); last: it still answers with the same boot id: it did not reboot',
  });
});

test("a host that does not come back is told with its last error", async (t) => {
  const reconnect = () => {
    throw new ConnectionError("web-1: no route");
  };
  const error = await t.throwsAsync(
    reboot({ deadlineMs: 3_000 }).run(contextOf({ bootIds: ["one"], reconnect }).context),
    {
      message: 'web-1: not back within 3 s (deadline "reboot"); last: web-1: no route',
    },
  );
  t.true(error?.cause instanceof ConnectionError);
});
