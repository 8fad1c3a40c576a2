import type { HostCounts, RunEvent } from "../engine/events.ts";

type Counts = { -readonly [K in keyof HostCounts]: HostCounts[K] };

/** Counts tasks by host from the events of a run. */
export class Recap {
  readonly #hosts = new Map<string, Counts>();

  /** Hosts are listed in the order in which they are added. */
  constructor(hosts: Iterable<string>) {
    for (const host of hosts) this.#countsOf(host);
  }

  get hosts(): Readonly<Record<string, HostCounts>> {
    return Object.fromEntries(this.#hosts);
  }

  /** Any of the hosts has some of these. */
  any(what: keyof HostCounts): boolean {
    return [...this.#hosts.values()].some((counts) => counts[what] > 0);
  }

  count(event: RunEvent): void {
    if (event.event === "task-finished") {
      const counts = this.#countsOf(event.host);
      if (event.status === "ok" || event.status === "skipped" || event.status === "failed") counts[event.status]++;
      else if (event.status === "blocked") counts.failed++;
      else counts.changed++;
    } else if (event.event === "host-finished") {
      const counts = this.#countsOf(event.host);
      if (event.status === "unreachable") counts.unreachable = 1;
      if (event.status === "skipped") counts.skipped++;
      // A host that failed between tasks, say for want of root, has failed all the same.
      if ((event.status === "failed" || event.status === "interrupted") && counts.failed === 0) counts.failed = 1;
    }
  }

  /** A host outside of all plays comes in when a role does something there. */
  #countsOf(host: string): Counts {
    const counts = this.#hosts.get(host) ?? { ok: 0, changed: 0, failed: 0, unreachable: 0, skipped: 0 };
    this.#hosts.set(host, counts);
    return counts;
  }
}
