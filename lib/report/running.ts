import type { RunEvent, TaskRef } from "../engine/events.ts";
import { clock } from "../text/duration.ts";
import { printable } from "../text/printable.ts";
import type { Glyphs } from "./glyphs.ts";
import { count, hostHead, type Layout, someOf, taskName } from "./layout.ts";
import { cutLine, type Line, lineWidth, padLine, plain, span } from "./styled.ts";

/** Hosts that have a line of their own in the live block. */
const MOST_HOSTS = 6;

/** When no task runs, the wait is told after so long a silence. */
const SILENCE_MS = 1000;

/** Without a terminal a task that takes long is told of this often. */
const REMINDER_MS = 30_000;

interface RunningTask {
  readonly host: string;
  readonly ref: TaskRef;
  readonly since: number;
  last: string;
  reminders: number;
}

/** What runs at the moment, on which hosts, and what it printed last. */
export class Running {
  readonly #tasks = new Map<string, RunningTask>();
  /** Hosts of the play that did not finish yet, with their places in it. */
  #waiting = new Map<string, number>();
  #quietSince = 0;

  follow(event: RunEvent, now: number): void {
    if (event.event !== "task-output") this.#quietSince = now;
    switch (event.event) {
      case "task-output":
        this.#output(event.host, event.line);
        return;
      case "play-started":
        this.#waiting = new Map(event.hosts.map((host, index) => [host, index]));
        return;
      case "task-started":
        this.#tasks.set(event.host, { host: event.host, ref: event, since: now, last: "", reminders: 0 });
        return;
      case "task-finished":
        // The host may have begun its next task before the end of this one is told.
        if (isSame(this.#tasks.get(event.host)?.ref, event)) this.#tasks.delete(event.host);
        return;
      case "host-finished":
        this.#tasks.delete(event.host);
        this.#waiting.delete(event.host);
        return;
      case "play-finished":
      case "recap":
        this.#tasks.clear();
        this.#waiting.clear();
    }
  }

  /** Nothing is left to show or to remind of. */
  get idle(): boolean {
    return this.#waiting.size === 0 && this.#tasks.size === 0;
  }

  /** The block at the bottom of a terminal, each line shorter than that is wide. */
  lines(now: number, frame: number, layout: Layout): readonly Line[] {
    const spin = span("changed", spinner(layout.glyphs, frame));
    const cut = (line: Line) => cutLine(line, layout.columns - 1, layout.glyphs.more);
    const shown = this.#longest();
    if (shown.length === 0) {
      if (this.#waiting.size === 0 || now - this.#quietSince < SILENCE_MS) return [];
      const wait = `waiting for ${someOf([...this.#waiting.keys()])}`;
      return [cut([spin, plain(` ${wait}  `), span("dim", clock(now - this.#quietSince))])];
    }
    const names = shown.map(({ ref }): Line => [plain(printable(taskName(ref)))]);
    const nameWidth = Math.min(Math.floor(layout.columns * 0.4), Math.max(...names.map(lineWidth)));
    const lines = shown.map((task, index) => {
      const name = cutLine(names[index] ?? [], nameWidth, layout.glyphs.more);
      return cut([
        ...hostHead(spin, task.host, layout),
        ...padLine(name, nameWidth),
        span("changed", `  ${clock(now - task.since)}`),
        span("dim", task.last === "" ? "" : `  ${task.last}`),
      ]);
    });
    const more = this.#tasks.size - shown.length;
    return more > 0 ? [...lines, cut([span("dim", `  +${count(more, "more host")}`)])] : lines;
  }

  /** Without a terminal: a line for each task that took another half a minute. */
  reminders(now: number, layout: Layout): readonly Line[] {
    const lines: Line[] = [];
    for (const task of this.#tasks.values()) {
      const due = Math.floor((now - task.since) / REMINDER_MS);
      if (due <= task.reminders) continue;
      task.reminders = due;
      const seconds = (due * REMINDER_MS) / 1000;
      const said = task.last === "" ? "" : `: ${task.last}`;
      const label = `${task.ref.task} ${task.ref.subject}`.trimEnd();
      const text = `${label} ${layout.glyphs.more} still running, ${seconds} s${said}`;
      lines.push([...hostHead(plain(" "), task.host, layout), span("dim", text)]);
    }
    return lines;
  }

  #output(host: string, line: string): void {
    const task = this.#tasks.get(host);
    const text = printable(line).trim();
    if (task && text !== "") task.last = text;
  }

  /** The tasks that have run for longest, in the order of the play's hosts, so that lines keep their places. */
  #longest(): readonly RunningTask[] {
    const place = ({ host }: RunningTask) => this.#waiting.get(host) ?? Number.POSITIVE_INFINITY;
    return [...this.#tasks.values()]
      .sort((a, b) => a.since - b.since)
      .slice(0, MOST_HOSTS)
      .sort((a, b) => place(a) - place(b));
  }
}

function spinner({ spinner: frames }: Glyphs, frame: number): string {
  return frames[frame % frames.length] ?? "";
}

function isSame(a: TaskRef | undefined, b: TaskRef): boolean {
  return a?.role === b.role && a.task === b.task && a.subject === b.subject;
}
