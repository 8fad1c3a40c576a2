/**
 * A duration for people, in at most two units.
 *
 * @example
 * duration(850); // "850 ms"
 * duration(12_345); // "12.3 s"
 * duration(125_000); // "2 min 5 s"
 */
export function duration(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  if (whole < 1000) return `${whole} ms`;
  // The unit is chosen after rounding: 59.96 s is a minute, never "60.0 s".
  const tenths = Math.round(whole / 100);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)} s`;
  const seconds = Math.round(whole / 1000);
  if (seconds < 3600) return twoUnits(seconds, 60, "min", "s");
  return twoUnits(Math.round(seconds / 60), 60, "h", "min");
}

function twoUnits(value: number, base: number, large: string, small: string): string {
  const rest = value % base;
  return `${Math.floor(value / base)} ${large}${rest > 0 ? ` ${rest} ${small}` : ""}`;
}

/**
 * A running time as a clock shows it: it keeps its width while it counts.
 *
 * @example
 * clock(12_900); // "0:12"
 * clock(3_725_000); // "1:02:05"
 */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
