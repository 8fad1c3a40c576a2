import test from "ava";
import { converge } from "../../../lib/engine/converge.ts";
import { entryOf } from "../../../lib/engine/entry.ts";
import type { Task } from "../../../lib/engine/task.ts";
import { MemoryLine, set } from "./_memory.ts";

const run = (line: MemoryLine, tasks: readonly Task[]) =>
  converge(
    line,
    tasks.map((task) => entryOf("role", task)),
  );
const statuses = (line: MemoryLine) => line.reported.map(({ ref, status }) => `${ref.subject} ${status}`);

test("a converged list is one question, however long", async (t) => {
  const line = new MemoryLine({ a: "1", b: "2" });
  const { readsAsked } = await run(line, [set({ key: "a", to: "1" }), set({ key: "b", to: "2" })]);
  t.deepEqual(line.frames, ["ask"]);
  t.is(readsAsked, 4);
  t.deepEqual(statuses(line), ["a=1 ok", "b=2 ok"]);
  t.is(line.reported[0]?.reason, "is 1");
});

test("pending tasks that do not touch each other go in one frame", async (t) => {
  const line = new MemoryLine({ b: "2" });
  await run(line, [set({ key: "a", to: "1" }), set({ key: "b", to: "2" }), set({ key: "c", to: "3" })]);
  t.deepEqual(line.frames, ["ask", "a=1 c=3"]);
  t.deepEqual(statuses(line), ["a=1 changed", "c=3 changed", "b=2 ok"]);
});

test("a task whose answers were moved by one before it is planned anew, not applied on old ones", async (t) => {
  const line = new MemoryLine();
  await run(line, [set({ key: "a", to: "1", does: "a=1;b=other" }), set({ key: "b", to: "2" })]);
  t.deepEqual(line.frames, ["ask", "a=1 b=2", "b=2"]);
  t.deepEqual(
    line.reported.map(({ changes }) => changes[0]?.from),
    ["absent", "other"],
  );
});

test("a converged task that a change before it unsettles is applied after it", async (t) => {
  const line = new MemoryLine({ b: "2" });
  await run(line, [
    set({ key: "a", to: "1", does: "a=1;b=broken" }),
    set({ key: "b", to: "2" }),
    set({ key: "c", to: "3" }),
  ]);
  t.deepEqual(line.frames, ["ask", "a=1 c=3", "b=2 c=3"]);
  t.is(line.values.get("b"), "2");
});

test("a blocked task waits for what is before it", async (t) => {
  const line = new MemoryLine();
  await run(line, [set({ key: "dir", to: "1" }), set({ key: "file", to: "2", needs: "dir" })]);
  t.deepEqual(line.frames, ["ask", "dir=1", "file=2"]);
});

test("a blocked task that nothing helps is an error that says what is missing", async (t) => {
  const line = new MemoryLine();
  const error = await t.throwsAsync(run(line, [set({ key: "file", to: "2", needs: "dir" })]));
  t.is(error?.message, "memory: set file=2 is blocked: dir is missing");
  t.deepEqual(statuses(line), ["file=2 failed"]);
});

test("commands that succeed and do not do it: did not converge, and what still differs", async (t) => {
  const line = new MemoryLine();
  const error = await t.throwsAsync(run(line, [set({ key: "a", to: "1", does: "b=1" })]));
  t.is(error?.message, "memory: set a=1 did not converge: its commands succeeded, and still a is absent, wanted 1");
});

test("a task undone by a later one is an error that names the suspect", async (t) => {
  const line = new MemoryLine();
  const tasks = [set({ key: "a", to: "1" }), set({ key: "b", to: "2", needs: "a", does: "b=2;a=" })];
  const error = await t.throwsAsync(run(line, tasks));
  t.regex(
    error?.message ?? "",
    /set a=1 was applied and then undone by one of: set b=2. It differs again: a is absent, wanted 1/,
  );
});

test("two tasks that demand different things do not go on for ever", async (t) => {
  const error = await t.throwsAsync(run(new MemoryLine(), [set({ key: "a", to: "1" }), set({ key: "a", to: "2" })]));
  t.regex(error?.message ?? "", /was applied and then undone|did not converge/);
});

test("a failure keeps what was changed before it, and tells the command's last words", async (t) => {
  const line = new MemoryLine();
  const tasks = [set({ key: "a", to: "1" }), set({ key: "b", to: "2", does: "fail" }), set({ key: "c", to: "3" })];
  const error = await t.throwsAsync(run(line, tasks));
  t.is(error?.message, "memory: set b=2 failed with status 1 (b is absent, wanted 2): oh no");
  t.deepEqual(statuses(line), ["a=1 changed", "b=2 failed"]);
  t.false(line.values.has("c"));
});

test("a change stopped by its deadline is told as that", async (t) => {
  const error = await t.throwsAsync(run(new MemoryLine(), [set({ key: "a", to: "1", does: "hang" })]));
  t.regex(
    error?.message ?? "",
    /set a=1 was stopped by its deadline "change" while it was applied; the next run reads/,
  );
});

test("predictions that do not come true are told, those of reads that nobody asked are not", async (t) => {
  const { mispredictions } = await run(new MemoryLine({ b: "2" }), [
    set({ key: "a", to: "1", claims: "b" }),
    set({ key: "b", to: "2" }),
    set({ key: "c", to: "3", claims: "d" }),
  ]);
  t.deepEqual(mispredictions, [
    { ref: { role: "role", task: "set", subject: "a=1" }, read: "value b", predicted: "1", actual: "2" },
  ]);
});

test("what has to settle is read again until it holds, and ends its run", async (t) => {
  const line = new MemoryLine();
  line.tick = (asked) => {
    if (asked === 3) line.values.set("up", "1");
  };
  await run(line, [set({ key: "up", to: "1", does: "up=starting", settleMs: 5000 }), set({ key: "b", to: "2" })]);
  t.deepEqual(line.frames, ["ask", "up=1", "wait", "wait", "b=2"]);
  t.deepEqual(statuses(line), ["up=1 changed", "b=2 changed"]);
});

test("what does not settle within its deadline did not converge", async (t) => {
  const line = new MemoryLine();
  const error = await t.throwsAsync(run(line, [set({ key: "up", to: "1", does: "up=crashed", settleMs: 0 })]));
  t.regex(error?.message ?? "", /set up=1 did not converge: its commands succeeded, and still up is crashed, wanted 1/);
});

test("check mode stops after the plan, on what the changes before are predicted to leave", async (t) => {
  const line = new MemoryLine({}, true);
  await run(line, [
    set({ key: "dir", to: "1" }),
    set({ key: "file", to: "2", needs: "dir" }),
    set({ key: "dir", to: "1" }),
  ]);
  t.deepEqual(line.frames, ["ask"]);
  t.deepEqual(statuses(line), ["dir=1 would-change", "file=2 would-change", "dir=1 ok"]);
});

test("check mode says unknown of what hangs on an unknowable answer, and of what hangs on that", async (t) => {
  const line = new MemoryLine({}, true);
  await run(line, [
    set({ key: "package", to: "1", unknown: "unit" }),
    set({ key: "other", to: "1" }),
    set({ key: "service", to: "up", needs: "unit" }),
    set({ key: "after", to: "1", needs: "service" }),
  ]);
  t.deepEqual(statuses(line), [
    "package=1 would-change",
    "other=1 would-change",
    "service=up unknown",
    "after=1 unknown",
  ]);
  t.is(line.reported[3]?.reason, "unknown until set package=1 is applied");
});

test("check mode tells a task that would be blocked", async (t) => {
  const line = new MemoryLine({}, true);
  await run(line, [set({ key: "file", to: "2", needs: "dir" })]);
  t.deepEqual(
    line.reported.map(({ status, reason }) => [status, reason]),
    [["blocked", "dir is missing"]],
  );
});
