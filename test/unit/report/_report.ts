import type { HostCounts, ReportedChange, RunEvent, TaskStatus } from "../../../lib/engine/events.ts";
import { glyphsFor } from "../../../lib/report/glyphs.ts";
import type { Layout } from "../../../lib/report/layout.ts";
import type { Line } from "../../../lib/report/styled.ts";
import { type TerminalReportOptions, terminalReport } from "../../../lib/report/terminal.ts";

export const layout: Layout = { columns: 80, hostWidth: 6, check: false, glyphs: glyphsFor(true) };

/** Lines without their styles. */
export function textOf(lines: readonly Line[]): string {
  return lines.map((line) => line.map(({ text }) => text).join("")).join("\n");
}

/** A report that was written into an array, with a clock and a scheduler that the test turns. */
export function recorded(options: Partial<TerminalReportOptions> = {}) {
  const writes: string[] = [];
  let now = 1_000_000;
  const ticks = new Set<{ ms: number; tick: () => void }>();
  const report = terminalReport({
    write: (text) => void writes.push(text),
    columns: () => 80,
    isTty: false,
    color: false,
    unicode: true,
    verbose: false,
    diff: false,
    now: () => now,
    every: (ms, tick) => {
      const entry = { ms, tick };
      ticks.add(entry);
      return () => void ticks.delete(entry);
    },
    ...options,
  });
  return {
    writes,
    text: () => writes.join(""),
    tell: (...events: readonly RunEvent[]) => {
      for (const event of events) report.listener(event);
    },
    end: () => report.end(),
    /** Timers that are set. */
    timers: () => [...ticks].map(({ ms }) => ms),
    /** Lets the time pass, then whatever is due once. */
    pass: (ms: number) => {
      now += ms;
      for (const { tick } of ticks) tick();
    },
  };
}

/** All that a report without a terminal writes. */
export function told(events: readonly RunEvent[], options: Partial<TerminalReportOptions> = {}): string {
  const report = recorded(options);
  report.tell(...events);
  report.end();
  return report.text();
}

export function runStarted(hosts: readonly string[], check = false): RunEvent {
  return { event: "run-started", playbook: "site", check, plays: [{ title: "Prepare", hosts }] };
}

export function playStarted(hosts: readonly string[]): RunEvent {
  return { event: "play-started", play: "Prepare", hosts };
}

export const playFinished: RunEvent = { event: "play-finished", play: "Prepare", durationMs: 1000 };

export type Finished = Extract<RunEvent, { event: "task-finished" }>;

/** `finished("node-1", "changed", "base: sysctl a=1", …)`. */
export function finished(
  host: string,
  status: TaskStatus,
  name: string,
  more: Partial<Pick<Finished, "reason" | "changes" | "durationMs" | "error">> = {},
): Finished {
  const fields = { reason: "", changes: [], durationMs: 0, ...more };
  return { event: "task-finished", host, play: "Prepare", ...refOf(name), status, ...fields };
}

export function refOf(name: string) {
  const [, role = "", task = "", subject = ""] = /^(\S+): (\S+) ?(.*)$/s.exec(name) ?? [];
  return { role, task, subject };
}

export function change(what: string, from: string, to: string, diff?: ReportedChange["diff"]): ReportedChange {
  return { what, from, to, ...(diff && { diff }) };
}

export type HostFinished = Extract<RunEvent, { event: "host-finished" }>;

export function hostFinished(host: string, more: Partial<Pick<HostFinished, "status" | "error">> = {}): HostFinished {
  return { event: "host-finished", host, play: "Prepare", status: "ok", roundTrips: 1, durationMs: 1200, ...more };
}

export function counts(ok: number, changed = 0, failed = 0, unreachable = 0, skipped = 0): HostCounts {
  return { ok, changed, failed, unreachable, skipped };
}

export function recap(hosts: Readonly<Record<string, HostCounts>>, durationMs = 1200): RunEvent {
  return { event: "recap", hosts, durationMs };
}

/** A terminal, as far as a report uses one: prints rows, goes up, clears to the end. Anything else is an error. */
export function terminalRows(text: string): readonly string[] {
  const rows: string[] = [""];
  let at = 0;
  for (const [token] of text.matchAll(/\x1b\[(\d*)([A-Za-z])|[\r\n]|[^\x1b\r\n]+|\x1b/g)) {
    const move = /^\x1b\[(\d*)([AJm])$/.exec(token);
    if (token === "\n") at++;
    else if (move?.[2] === "A") at -= Number(move[1]);
    else if (move?.[2] === "J") rows.length = at;
    else if (token.startsWith("\x1b") && !move) throw new Error(`an unexpected sequence: ${JSON.stringify(token)}`);
    else if (token !== "\r" && !move) rows[at] = (rows[at] ?? "") + token;
    rows[at] ??= "";
  }
  return rows;
}
