import test from "ava";
import { CommandError, TimeoutError, UsageError } from "../../../lib/errors.ts";
import { waitedInVain, waitFor } from "../../../lib/tasks/wait-for.ts";
import { contextOf } from "./_context.ts";

test("it is named by what it waits for", (t) => {
  t.is(waitFor({ port: 6443 }).subject, "port 127.0.0.1:6443");
  t.is(waitFor({ port: 53, host: "10.0.0.1" }).subject, "port 10.0.0.1:53");
  t.is(waitFor({ http: "https://127.0.0.1:6443/readyz" }).subject, "https://127.0.0.1:6443/readyz");
  t.is(waitFor({ command: "\nsystemctl is-active x\nmore" }).subject, "systemctl is-active x");
  t.false(waitFor({ port: 1 }).changes);
});

test("one text waits on the host, whatever it is for", async (t) => {
  const { context, commands } = contextOf({});
  t.deepEqual(await waitFor({ port: 1, everyMs: 250 }).run(context), { waitedMs: 0 });
  t.is(commands.length, 1);
  t.regex(commands[0] ?? "", /sleep 0\.25 2>\/dev\/null \|\| sleep 1/);
  t.regex(commands[0] ?? "", /hw_end=\$\(\(hw_u \+ 6000\)\)/);
});

test("in vain: what it waited for, how long, and what was seen last", async (t) => {
  const { context } = contextOf({
    run: () => ({ status: 124, output: ["not yet: x", "last seen: Connection refused"] }),
  });
  await t.throwsAsync(waitFor({ port: 6443, deadlineMs: 2_500 }).run(context), {
    instanceOf: TimeoutError,
    message:
      'web-1: waited 2.5 s in vain until port 127.0.0.1:6443 accepts connections (deadline "wait"); last seen: Connection refused',
  });
});

test("a look that hangs is in vain as well", async (t) => {
  const run = () => {
    throw new TimeoutError("stopped", { deadline: "change" });
  };
  const { context } = contextOf({ run });
  const error = await t.throwsAsync(waitFor({ command: "sleep 1000", deadlineMs: 1_000 }).run(context), {
    message: 'web-1: waited 11 s in vain until "sleep 1000" succeeds (deadline "wait"); last seen: it hung',
  });
  t.true(waitedInVain(error));
});

test("an interrupt stays one", async (t) => {
  const run = () => {
    throw new TimeoutError("stopped", { deadline: "interrupt" });
  };
  const error = await t.throwsAsync(waitFor({ port: 1 }).run(contextOf({ run }).context), { message: "stopped" });
  t.false(waitedInVain(error));
});

test("without a tool it is told which ones would do", async (t) => {
  const { context } = contextOf({
    run: () => ({ status: 69, output: ["last seen: none of bash, nc and curl is there"] }),
  });
  await t.throwsAsync(waitFor({ port: 1 }).run(context), {
    instanceOf: CommandError,
    message: "web-1: cannot wait for port 127.0.0.1:1: none of bash, nc and curl is there",
  });
});

const refused: readonly [object, RegExp][] = [
  [{}, /exactly one of port, http and command says what is waited for; found none of them/],
  [{ port: 1, http: "http://x" }, /exactly one of .*; found port and http/],
  [{ port: "x" }, /port: Invalid input: expected number, received string/],
  [{ port: 99999 }, /port: Too big/],
  [{ port: 1, hots: "x" }, /Unrecognized key: "hots"/],
  [{ port: 1, host: "-e" }, /host: has to be an address or a host name/],
  [{ http: "ftp://x" }, /http: has to be an http or https URL/],
  [{ http: "http://u:p@x/" }, /http: must not have credentials in it/],
];
for (const [params, message] of refused) {
  test(`refused: ${JSON.stringify(params)}`, (t) => {
    t.regex(t.throws(() => waitFor(params as never), { instanceOf: UsageError })?.message ?? "", message);
  });
}
