/**
 * The candidate that a mistyped word most likely stands for, for the "did you mean" of an error message.
 *
 * A slip is a letter too many, missing, wrong, or two neighbours swapped; one in three letters may be a slip. Case and
 * the difference between `-` and `_` do not count. Words of one letter, and words that share nothing, have no nearest.
 *
 * @param word what was written
 * @param candidates what would have been right; of several that are equally near, the first wins
 * @returns the nearest candidate, or undefined when none is near enough to be worth suggesting
 * @example
 * nearest("api_prot", ["api_port", "api_host"]); // "api_port"
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = plain(word);
  let best: string | undefined;
  let bestDistance = Math.floor(wanted.length / 3) + (wanted.length === 2 ? 1 : 0) + 1;
  for (const candidate of candidates) {
    if (candidate === word || Math.abs(candidate.length - wanted.length) >= bestDistance) continue;
    const distance = slips(wanted, plain(candidate), bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

function plain(word: string): string {
  return word.toLowerCase().replaceAll("-", "_");
}

/** Optimal string alignment distance; rows are abandoned as soon as the answer cannot be below `limit`. */
function slips(a: string, b: string, limit: number): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      let cost = Math.min(
        at(last, j) + 1,
        at(row, j - 1) + 1,
        at(last, j - 1) + (a.charCodeAt(i - 1) === b.charCodeAt(j - 1) ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, at(beforeLast, j - 2) + 1);
      row.push(cost);
      least = Math.min(least, cost);
    }
    if (least > limit) return limit;
    [beforeLast, last] = [last, row];
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
