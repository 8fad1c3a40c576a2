import type { Row } from "./measure.ts";

export const OURS = "hostwright";
export const ANSIBLE = "ansible";
export const PYINFRA = "pyinfra";

/** What the project has set itself, against what was measured. */
export interface Verdict {
  readonly row: Pick<Row, "workload" | "hosts" | "rttMs">;
  readonly claim: string;
  readonly found: string;
  readonly met: boolean;
}

export function judge(rows: readonly Row[]): readonly Verdict[] {
  return rows.flatMap((row) => judgeRow(row, rows));
}

function judgeRow(row: Row, rows: readonly Row[]): readonly Verdict[] {
  switch (row.workload) {
    case "A":
      return [...share(row, ANSIBLE, 15), ...share(row, PYINFRA, row.rttMs === 0 ? 4 : 7)];
    case "B":
      return timesOwnTwenty(row, rows, 1.3);
    case "C":
      return share(row, ANSIBLE, 12);
  }
}

/** How many times the median of ours goes into a peer's. */
export function timesFaster({ seconds }: Row, peer: string): number | undefined {
  const [ours, theirs] = [median(seconds[OURS] ?? []), median(seconds[peer] ?? [])];
  return ours === undefined || theirs === undefined ? undefined : theirs / ours;
}

function share(row: Row, peer: string, target: number): readonly Verdict[] {
  const times = timesFaster(row, peer);
  if (times === undefined) return [];
  return [{ row, claim: `at most 1/${target} of ${peer}`, found: `1/${times.toFixed(1)}`, met: times >= target }];
}

function timesOwnTwenty(row: Row, rows: readonly Row[], target: number): readonly Verdict[] {
  const twenty = rows.find(({ workload, hosts, rttMs }) => {
    return workload === "A" && hosts === row.hosts && rttMs === row.rttMs;
  });
  const [sixty, own] = [median(row.seconds[OURS] ?? []), median(twenty?.seconds[OURS] ?? [])];
  if (sixty === undefined || own === undefined) return [];
  const times = sixty / own;
  return [{ row, claim: `at most ${target} of its own A`, found: times.toFixed(2), met: times <= target }];
}

export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
