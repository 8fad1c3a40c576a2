import type { HostStatus, ReportedError, RunEvent } from "../engine/events.ts";
import { duration } from "../text/duration.ts";
import { diffLines } from "./diff-lines.ts";
import { DiffMemory } from "./diff-memory.ts";
import { errorLines, type Failure, failureList } from "./failure-lines.ts";
import {
  FOLD_HOSTS,
  foldedHostEnds,
  type HostEnd,
  type HostFinished,
  hostEnd,
  hostEndLine,
  type Tally,
} from "./host-lines.ts";
import { count, hostHead, hostWidthOf, INDENT, type Layout, rule, taskName } from "./layout.ts";
import { type Ends, type RecapEvent, recapTable, verdict } from "./recap-lines.ts";
import { Slowest } from "./slowest.ts";
import { type Line, plain, span, wrapLine } from "./styled.ts";
import { type TaskFinished, taskLines } from "./task-lines.ts";

export interface StoryOptions {
  readonly verbose: boolean;
  readonly diff: boolean;
}

/** What the story needs to be told of the place where it is shown. */
export type Page = Pick<Layout, "columns" | "glyphs">;

type Of<E extends RunEvent["event"]> = Extract<RunEvent, { event: E }>;

/** One run as lines that stay: each event is answered with the lines that tell it, most of them with none. */
export class Story {
  readonly #options: StoryOptions;
  readonly #diffs = new DiffMemory();
  readonly #slowest = new Slowest();
  readonly #failures: Failure[] = [];
  readonly #hostEnds = new Map<string, HostStatus>();
  #check = false;
  #hostWidth = 0;
  #unknown = 0;
  #blocked = 0;
  #playHosts = 0;
  #tallies = new Map<string, Tally>();
  #folded: HostEnd[] = [];

  constructor(options: StoryOptions) {
    this.#options = options;
  }

  layout(page: Page): Layout {
    return { ...page, check: this.#check, hostWidth: this.#hostWidth };
  }

  tell(event: RunEvent, page: Page): readonly Line[] {
    const layout = this.layout(page);
    switch (event.event) {
      case "run-started":
        return this.#runStarted(event, layout);
      case "play-started":
        return this.#playStarted(event, layout);
      case "host-connected":
        if (!this.#options.verbose) return [];
        return [hostNote(event.host, `connected in ${duration(event.durationMs)}`, layout)];
      case "host-waiting":
        return [hostNote(event.host, event.message, layout)];
      case "task-finished":
        return this.#taskFinished(event, layout);
      case "host-finished":
        return this.#hostFinished(event, layout);
      case "play-finished":
        return this.#playFinished(layout);
      case "notice":
        return noticeLines(event.message, layout);
      case "recap":
        return this.#recap(event, layout);
      default:
        return [];
    }
  }

  #runStarted(event: Of<"run-started">, { columns, glyphs }: Layout): readonly Line[] {
    this.#check = event.check;
    this.#hostWidth = hostWidthOf(event);
    const hosts = new Set(event.plays.flatMap((play) => play.hosts)).size;
    const scope = `${count(event.plays.length, "play")} on ${count(hosts, "host")}`;
    const mode = event.check ? [span("changed", ` ${glyphs.dash} check mode: nothing is changed`)] : [];
    return wrapLine([span("title", event.playbook), plain(` ${glyphs.dash} ${scope}`), ...mode], columns);
  }

  #playStarted({ play, hosts }: Of<"play-started">, layout: Layout): readonly Line[] {
    this.#tallies = new Map();
    this.#folded = [];
    this.#playHosts = hosts.length;
    return [[], rule(`${play} ${layout.glyphs.dash} ${count(hosts.length, "host")}`, "title", layout)];
  }

  #taskFinished(event: TaskFinished, layout: Layout): readonly Line[] {
    const { host, status } = event;
    const tally = this.#tallies.get(host) ?? {};
    this.#tallies.set(host, { ...tally, [status]: (tally[status] ?? 0) + 1 });
    this.#slowest.add(event);
    if (status === "unknown") this.#unknown++;
    if (status === "blocked") this.#blocked++;
    if (status === "ok" && !this.#options.verbose) return [];
    const lines = [...taskLines(event, layout), ...this.#diffsOf(event)];
    if (status !== "failed") return lines;
    const error = event.error ?? { kind: "task", message: event.reason };
    return [...lines, ...this.#failed({ host, place: taskName(event), error }, layout)];
  }

  #diffsOf(event: TaskFinished): readonly Line[] {
    if (!this.#options.diff) return [];
    const margin = plain(" ".repeat(INDENT));
    return event.changes.flatMap(({ diff }): readonly Line[] => {
      if (!diff) return [];
      const shown = diff.masked ? undefined : this.#diffs.shownFor(event.host, taskName(event), diff);
      const lines = shown === undefined ? diffLines(diff) : [[span("dim", `(same diff as ${shown})`)]];
      const named = event.subject.includes(diff.path) ? [] : [[span("dim", diff.path)]];
      return [...named, ...lines].map((line) => [margin, ...line]);
    });
  }

  #failed(failure: Failure, layout: Layout): readonly Line[] {
    this.#failures.push(failure);
    return errorLines(failure.host, failure.error, layout);
  }

  #hostFinished(event: HostFinished, layout: Layout): readonly Line[] {
    const { host, status, play } = event;
    if (status !== "ok") this.#hostEnds.set(host, status);
    const end = hostEnd(event, this.#tallies.get(host) ?? {}, this.#options.verbose);
    const error = event.error && !this.#isTold(host, event.error) ? event.error : undefined;
    if (error && status !== "skipped") {
      const failure = { host, place: status === "failed" ? `in ${play}` : status, error };
      return [hostEndLine(end, layout), ...this.#failed(failure, layout)];
    }
    if (this.#playHosts <= FOLD_HOSTS) return [hostEndLine(end, layout)];
    this.#folded.push(end);
    return [];
  }

  /** A task's failure is the host's as well, and is told once. */
  #isTold(host: string, { message }: ReportedError): boolean {
    return this.#failures.some((failure) => failure.host === host && failure.error.message === message);
  }

  #playFinished(layout: Layout): readonly Line[] {
    const lines = foldedHostEnds(this.#folded, layout);
    this.#folded = [];
    return lines;
  }

  #ends(): Ends {
    const ended = (status: HostStatus) => [...this.#hostEnds.values()].filter((each) => each === status).length;
    // A role may have caught the failure of a task and gone on: the host came to its end, and is not well.
    const caught = new Set(this.#failures.map(({ host }) => host).filter((host) => !this.#hostEnds.has(host)));
    return {
      failed: ended("failed") + caught.size,
      unreachable: ended("unreachable"),
      interrupted: ended("interrupted"),
      unknown: this.#unknown,
      blocked: this.#blocked,
    };
  }

  #recap(recap: RecapEvent, layout: Layout): readonly Line[] {
    const sections = [
      this.#slowest.lines(recap.durationMs, layout),
      recapTable(recap, layout),
      failureList(this.#failures, layout),
      wrapLine(verdict(recap, this.#ends(), this.#check), layout.columns),
    ];
    return sections.flatMap((section) => (section.length > 0 ? [[], ...section] : []));
  }
}

function hostNote(host: string, text: string, layout: Layout): Line {
  return [...hostHead(plain(" "), host, layout), span("dim", text)];
}

function noticeLines(message: string, { columns, glyphs }: Layout): readonly Line[] {
  return message
    .split("\n")
    .flatMap((line, index) =>
      wrapLine([span("changed", `${index === 0 ? glyphs.blocked : " "} ${line}`)], columns, { hanging: 2 }),
    );
}
