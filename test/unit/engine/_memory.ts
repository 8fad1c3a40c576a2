import { z } from "zod";
import type { TaskResult } from "../../../lib/engine/entry.ts";
import { labelOf } from "../../../lib/engine/entry.ts";
import type { Step } from "../../../lib/engine/frame.ts";
import type { Applied, Line } from "../../../lib/engine/line.ts";
import { Overlay } from "../../../lib/engine/overlay.ts";
import { blocked, type Change, pending, predict, unknowable } from "../../../lib/engine/plan.ts";
import { defineRead, type Read, readId } from "../../../lib/engine/read.ts";
import { defineTask } from "../../../lib/engine/task.ts";
import { rawSh, render } from "../../../lib/shell/sh.ts";

/** A value of the memory; empty is absent. */
export const value = defineRead<string>({
  name: "value",
  ask: () => rawSh(":"),
  split: (output) => [output],
  parse: (record) => record.toString(),
});

/** Demands a value, once another is there; its command may do something else than it promises. */
export const set = defineTask({
  name: "set",
  params: z.strictObject({
    key: z.string(),
    to: z.string(),
    needs: z.string().optional(),
    does: z.string().optional(),
    unknown: z.string().optional(),
    claims: z.string().optional(),
    settleMs: z.number().optional(),
  }),
  subject: ({ key, to }) => `${key}=${to}`,
  reads: ({ key, needs }) => ({ own: value(key), needed: value(needs ?? key) }),
  plan({ key, to, needs, does, unknown, claims, settleMs }, state) {
    if (state.own === to) return pending([], `is ${to}`);
    if (needs !== undefined && state.needed === "") return blocked(`${needs} is missing`);
    const change: Change = {
      what: key,
      from: state.own || "absent",
      to,
      commands: [rawSh(does ?? `${key}=${to}`)],
      ...(settleMs !== undefined && { settle: { what: `${key} stays`, holdMs: 10, deadlineMs: settleMs } }),
      predicts: [predict(value(claims ?? key), to), ...(unknown ? [unknowable(value(unknown))] : [])],
    };
    return pending([change]);
  },
});

/** A host in memory: `KEY=VALUE;…` is its only language, `fail` and `hang` its only troubles. */
export class MemoryLine implements Line {
  readonly host = "memory";
  readonly overlay = new Overlay();
  readonly check: boolean;
  readonly values: Map<string, string>;
  readonly reported: TaskResult[] = [];
  /** What was sent: `ask`, or the subjects of an apply. */
  readonly frames: string[] = [];

  constructor(values: Record<string, string> = {}, check = false) {
    this.values = new Map(Object.entries(values));
    this.check = check;
  }

  /** Called before each question: the host has a life of its own. */
  tick: (asked: number) => void = () => {};

  async ask(reads: readonly Read<unknown>[], waitMs = 0) {
    this.frames.push(waitMs > 0 ? "wait" : "ask");
    this.tick(this.frames.length);
    return this.#records(reads);
  }

  async apply(...[steps, records, reads, watch]: Parameters<Line["apply"]>): Promise<Applied> {
    const done = new Map<Step, number>();
    this.frames.push(steps.map((step) => labelOf(step.entry.ref).replace("set ", "")).join(" "));
    for (const [position, step] of steps.entries()) {
      const now = this.#records(step.guard);
      const moved = step.guard.some(
        (read) => !now.get(readId(read))?.equals(records.get(readId(read)) ?? Buffer.from("?")),
      );
      if (position > 0 && moved) break;
      watch.started(step);
      for (const command of step.changes.flatMap((change) => change.commands)) {
        const text = render(command);
        if (text === "hang") return { done, inFlight: step, stopped: "change", output: [], records: undefined };
        if (text === "fail") {
          done.set(step, 1);
          return { done, inFlight: undefined, stopped: undefined, output: ["oh no"], records: undefined };
        }
        for (const assignment of text.split(";")) {
          const [key = "", to = ""] = assignment.split("=");
          if (key !== "") this.values.set(key, to);
        }
      }
      done.set(step, 0);
      watch.applied(step, 1);
    }
    return { done, inFlight: undefined, stopped: undefined, output: [], records: this.#records(reads) };
  }

  started(): void {}

  output(): void {}

  finished(result: TaskResult): void {
    this.reported.push(result);
  }

  #records(reads: readonly Read<unknown>[]): Map<string, Buffer> {
    return new Map(reads.map((read) => [readId(read), Buffer.from(this.values.get(read.key) ?? "")]));
  }
}
