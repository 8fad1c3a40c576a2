/** One request to the API: when it was begun and answered, and with which status; 0 where there was no answer. */
export interface Sample {
  readonly beganMs: number;
  readonly endedMs: number;
  readonly status: number;
}

/** What became of the requests. */
export interface Counted {
  readonly total: number;
  readonly failed: number;
  /** Between the beginnings of two requests that were answered one after the other, or up to the end where none came. */
  readonly longestGapMs: number;
  /** The longest that an answered request took. */
  readonly slowestMs: number;
}

/** The samples among lines of output: `sample BEGAN ENDED STATUS`, times in hundredths of a second since boot. */
export function samplesIn(lines: readonly string[]): readonly Sample[] {
  return lines
    .flatMap((line) => [...line.matchAll(/\b(\d+):(\d+):(\d{3})\b/g)])
    .map(([, began, ended, status]) => ({
      beganMs: Number(began) * 10,
      endedMs: Number(ended) * 10,
      status: Number(status),
    }))
    .sort((a, b) => a.beganMs - b.beganMs);
}

/**
 * Counts requests. A status of 200 is an answer, and nothing else is: an apiserver that has just started may say 403 or
 * 500.
 */
export function countSamples(samples: readonly Sample[]): Counted {
  const answered = samples.filter(({ status }) => status === 200);
  const times = answered.map(({ beganMs }) => beganMs);
  const first = samples[0]?.beganMs ?? 0;
  const last = samples.at(-1)?.beganMs ?? 0;
  const marks = [first, ...times, last];
  const gaps = marks.slice(1).map((mark, index) => mark - (marks[index] ?? mark));
  return {
    total: samples.length,
    failed: samples.length - answered.length,
    longestGapMs: Math.max(0, ...gaps),
    slowestMs: Math.max(0, ...answered.map(({ beganMs, endedMs }) => endedMs - beganMs)),
  };
}
