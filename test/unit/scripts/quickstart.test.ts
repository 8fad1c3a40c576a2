import test from "ava";
import { heldProgress } from "../../../scripts/held-progress.ts";
import { timeTable } from "../../../scripts/quickstart.ts";

/** Where told lines end up. */
function recorder() {
  const told: string[] = [];
  return { told, step: (text: string) => void told.push(text), live: (text: string) => void told.push(`live ${text}`) };
}

test("what is told while it is held back comes in order when it is released, without what was live", (t) => {
  const out = recorder();
  const held = heldProgress(out);
  held.step("1/12 kubernetes: built");
  held.live("2/12 etcd");
  held.step("2/12 etcd: built");
  t.deepEqual(out.told, []);
  held.release();
  t.deepEqual(out.told, ["1/12 kubernetes: built", "2/12 etcd: built"]);
});

test("once released, everything passes at once, and nothing twice", (t) => {
  const out = recorder();
  const held = heldProgress(out);
  held.step("first");
  held.release();
  held.live("second");
  held.step("third");
  held.release();
  t.deepEqual(out.told, ["first", "live second", "third"]);
});

test("stages stand under each other, times to the right, a note only where there is one", (t) => {
  const stages = [
    { name: "four hosts", ms: 7900 },
    { name: "the mirror, once", ms: 840_000, note: "11 min of it waited for" },
  ];
  t.deepEqual(timeTable(stages), ["  four hosts         7.9 s", "  the mirror, once  14 min  11 min of it waited for"]);
});
