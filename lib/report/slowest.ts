import { duration } from "../text/duration.ts";
import { type Layout, rule, taskName } from "./layout.ts";
import type { Line } from "./styled.ts";
import { cutLine, plain, span } from "./styled.ts";
import type { TaskFinished } from "./task-lines.ts";

const MOST_TASKS = 5;
const WORTH_TELLING_MS = 100;

interface Slow {
  readonly name: string;
  hosts: number;
  slowest: string;
  durationMs: number;
}

/** Remembers what tasks took. The same task on many hosts is one, with the time of its slowest host. */
export class Slowest {
  readonly #tasks = new Map<string, Slow>();

  add(event: TaskFinished): void {
    if (event.durationMs < WORTH_TELLING_MS) return;
    const name = taskName(event);
    const key = JSON.stringify([event.play, name]);
    const slow = this.#tasks.get(key) ?? { name, hosts: 0, slowest: event.host, durationMs: 0 };
    slow.hosts++;
    if (event.durationMs > slow.durationMs) {
      slow.durationMs = event.durationMs;
      slow.slowest = event.host;
    }
    this.#tasks.set(key, slow);
  }

  /** The slowest tasks with their time and its share of the run's. */
  lines(totalMs: number, layout: Layout): readonly Line[] {
    const tasks = [...this.#tasks.values()].sort((a, b) => b.durationMs - a.durationMs).slice(0, MOST_TASKS);
    if (tasks.length === 0) return [];
    const times = tasks.map((task) => duration(task.durationMs));
    const timeWidth = Math.max(...times.map((time) => time.length));
    const rows = tasks.map(({ name, hosts, slowest, durationMs }, index): Line => {
      const share = `${totalMs > 0 ? Math.round((durationMs / totalMs) * 100) : 0} %`.padStart(5);
      const who = hosts === 1 ? slowest : `${slowest}, slowest of ${hosts}`;
      const time = (times[index] ?? "").padStart(timeWidth);
      const row = [plain(`  ${time} `), span("dim", `${share}  `), plain(name), span("dim", `  ${who}`)];
      return cutLine(row, layout.columns, layout.glyphs.more);
    });
    return [rule("Slowest tasks", "title", layout), ...rows];
  }
}
