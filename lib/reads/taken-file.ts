import { defineRead, type Read } from "../engine/read.ts";
import { parseUnitKey, unitQuestion } from "./unit-question.ts";

/** What a running unit took of a file when it was started, or last reloaded. */
export type TakenFile =
  | { readonly kind: "not running" }
  /** The content with this digest; none where there was no file. */
  | { readonly kind: "took"; readonly digest: string | undefined }
  /** Nothing is recorded of this start, and the file was changed after it. */
  | { readonly kind: "changed since" };

const define = defineRead<TakenFile>({
  ...unitQuestion,
  parse: (record) => parseTakenFile(record.toString().trimEnd()),
});

/**
 * What the running unit took of a file. Where its present start is not in the records, it was started by something
 * else, and the time of the file's last change against the time of the start decides.
 */
export function takenFile(unit: string, path: string): Read<TakenFile> {
  return define(`${unit} taken ${path}`);
}

/** The unit and path that a read of this sort asks for. */
export function takenAsked(read: Read<unknown>): { readonly unit: string; readonly path: string } | undefined {
  if (read.kind.name !== unitQuestion.name) return undefined;
  const { unit, path } = parseUnitKey(read.key);
  return path === undefined ? undefined : { unit, path };
}

/** The clock that stamps files ticks a few times in a hundredth of a second, and so is behind that of systemd. */
const COARSE_CLOCK_US = 10_000;

/** One line `STATE INVOCATION RECORDED CURRENT CHANGED STARTED…`: `?` is not recorded, `-` is absent. */
export function parseTakenFile(line: string): TakenFile {
  const [state, invocation, recorded, current, changed, ...started] = line.split(" ");
  if (state === "inactive" || state === "failed" || invocation === "-") return { kind: "not running" };
  if (recorded !== "?") return { kind: "took", digest: digestIn(recorded) };
  const changedUs = changed === "-" ? 0 : Number(changed) * 1_000_000 + COARSE_CLOCK_US;
  if (changedUs > microseconds(started)) return { kind: "changed since" };
  return { kind: "took", digest: digestIn(current) };
}

function digestIn(word: string | undefined): string | undefined {
  return word === "-" ? undefined : word;
}

/** `Sat 2026-11-21 08:03:26.975257 UTC`; without a time, the unit was never started. */
function microseconds([, date, time]: readonly string[]): number {
  const [whole, fraction = "0"] = time?.split(".") ?? [];
  const ms = Date.parse(`${date}T${whole}Z`);
  return Number.isNaN(ms) ? 0 : ms * 1000 + Number(fraction.padEnd(6, "0"));
}
