import type { RunEvent } from "../engine/events.ts";

/** Who listens to a run and shows it. `end` is called once, when no event comes any more. */
export interface Report {
  readonly listener: (event: RunEvent) => void;
  end(): void;
}

/**
 * Events for machines: one JSON object a line, the recap the last of them. Durations are whole milliseconds; control
 * characters are escaped, C1 among them, so that a terminal may show the lines.
 *
 * @example
 * {"event":"recap","hosts":{"node-1":{"ok":14,"changed":0,"failed":0,"unreachable":0,"skipped":0}},"durationMs":812}
 */
export function jsonReport({ write }: { write(text: string): void }): Report {
  let over = false;
  return {
    listener(event) {
      if (over) return;
      over = event.event === "recap";
      write(`${jsonLine(event)}\n`);
    },
    end() {},
  };
}

function jsonLine(event: RunEvent): string {
  const ordered = event.event === "recap" ? recapInOrder(event) : event;
  const text = JSON.stringify(ordered, (key, value: unknown) =>
    key === "durationMs" && typeof value === "number" ? Math.round(value) : value,
  );
  return text.replaceAll(/[\x7f-\x9f\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** The keys of a recap come in the order that is promised, however the event was made. */
function recapInOrder({ hosts, durationMs }: Extract<RunEvent, { event: "recap" }>) {
  const ordered = Object.entries(hosts).map(([host, { ok, changed, failed, unreachable, skipped }]) => {
    return [host, { ok, changed, failed, unreachable, skipped }] as const;
  });
  return { event: "recap", hosts: Object.fromEntries(ordered), durationMs };
}
