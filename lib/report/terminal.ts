import { Chalk } from "chalk";
import { glyphsFor } from "./glyphs.ts";
import type { Report } from "./json.ts";
import { Running } from "./running.ts";
import { plainScreen, terminalScreen } from "./screen.ts";
import { type Page, Story, type StoryOptions } from "./story.ts";

export interface TerminalReportOptions extends StoryOptions {
  write(text: string): void;
  /** Asked for each line, so that a window may change its size. Where there is none: 120 is a good width for a log. */
  columns(): number;
  /** A terminal has a live block at its bottom; anything else gets lines only. */
  readonly isTty: boolean;
  readonly color: boolean;
  /** False where the locale is not UTF-8: everything is drawn in ASCII. */
  readonly unicode: boolean;
  /** A reason for each task that is unchanged, connections, round trips. */
  readonly verbose: boolean;
  readonly diff: boolean;
  /** Milliseconds of a clock that only goes forward. */
  now?(): number;
  /** Calls `tick` every so many milliseconds until the function that it returns is called. */
  every?(ms: number, tick: () => void): () => void;
}

/** How often a terminal is drawn, and how often a log is looked after. */
const FRAME_MS = 100;
const LOG_MS = 1000;

const NARROWEST = 20;

/**
 * A report for people: a line a change, counts of what is unchanged, what runs at the moment, and a recap. One run each.
 *
 * @example
 * const report = terminalReport({ write, columns: () => process.stdout.columns ?? 120, isTty: true, color: true, … });
 * report.listener(event);
 * report.end();
 */
export function terminalReport(options: TerminalReportOptions): Report {
  const { isTty, now = () => performance.now(), every = everyUnref } = options;
  const chalk = new Chalk({ level: options.color ? 1 : 0 });
  const glyphs = glyphsFor(options.unicode);
  const screen = (isTty ? terminalScreen : plainScreen)({ ...options, chalk });
  const story = new Story(options);
  const running = new Running();
  let stop: (() => void) | undefined;

  const page = (): Page => ({ columns: Math.max(NARROWEST, options.columns()), glyphs });
  const block = () => (isTty ? running.lines(now(), Math.floor(now() / FRAME_MS), story.layout(page())) : []);
  const tick = () =>
    isTty ? screen.print([], block()) : screen.print(running.reminders(now(), story.layout(page())), []);
  const rest = () => {
    stop?.();
    stop = undefined;
    screen.print([], []);
  };

  return {
    listener(event) {
      running.follow(event, now());
      const lines = story.tell(event, page());
      if (lines.length > 0) screen.print(lines, block());
      if (running.idle) rest();
      else stop ??= every(isTty ? FRAME_MS : LOG_MS, tick);
    },
    end: rest,
  };
}

/** A report does not keep a process alive. */
function everyUnref(ms: number, tick: () => void): () => void {
  const timer = setInterval(tick, ms).unref();
  return () => clearInterval(timer);
}
