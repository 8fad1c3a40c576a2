import { createHash } from "node:crypto";
import { CommandError } from "../errors.ts";
import { joinSh, rawSh, render, type Sh, sh } from "../shell/sh.ts";
import { type Entry, labelOf } from "./entry.ts";
import type { Change } from "./plan.ts";
import { type Read, type ReadKind, readId } from "./read.ts";

/** What a host said to a set of reads: the record of each, byte for byte. */
export type Records = ReadonlyMap<string, Buffer>;

/** Reads of one kind, asked together. */
export interface Question {
  readonly kind: ReadKind<unknown>;
  readonly keys: readonly string[];
}

/** Merges reads by kind: one question a kind, its keys sorted and each once. */
export function questionsOf(reads: readonly Read<unknown>[]): readonly Question[] {
  const byKind = new Map<string, { kind: ReadKind<unknown>; keys: Set<string> }>();
  for (const { kind, key } of reads) {
    const entry = byKind.get(kind.name) ?? { kind, keys: new Set<string>() };
    byKind.set(kind.name, entry);
    entry.keys.add(key);
  }
  return [...byKind.values()].map(({ kind, keys }) => ({ kind, keys: [...keys].sort(byBytes) }));
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Shell text that asks, each answer behind a mark with the status of the one before. `$T` is the session's token. */
export function readText(questions: readonly Question[]): Sh {
  const asks = questions.map(({ kind, keys }) => sh`printf '\n%s read %s\n' "$T" "$?"\n${askText(kind, keys)}`);
  return joinSh([...asks, rawSh(`printf '\\n%s read %s\\n' "$T" "$?"`)]);
}

/** In a subshell, unless the question is known to be tidy: each saves a process. */
function askText(kind: ReadKind<unknown>, keys: readonly string[]): Sh {
  return kind.tidy ? sh`{ ${kind.ask(keys)}\n}` : sh`( ${kind.ask(keys)}\n)`;
}

/**
 * Takes the output of {@link readText} apart.
 *
 * @throws CommandError when a question failed on the host, or printed what it never should
 */
export function parseReads(output: Buffer, questions: readonly Question[], token: string, host: string): Records {
  const mark = Buffer.from(`\n${token} read `);
  const records = new Map<string, Buffer>();
  let at = output.indexOf(mark);
  for (const { kind, keys } of questions) {
    const start = at < 0 ? -1 : output.indexOf(10, at + mark.length) + 1;
    const end = start < 0 ? -1 : output.indexOf(mark, start - 1);
    if (end < 0) throw new CommandError(`${host}: reading ${kind.name} ended before its answer was complete`);
    const status = Number.parseInt(output.toString("latin1", end + mark.length, end + mark.length + 4), 10);
    if (status !== 0) throw new CommandError(`${host}: reading ${kind.name} failed with status ${status}`, { status });
    try {
      kind.split(output.subarray(start, end), keys).forEach((record, index) => {
        records.set(readId({ kind, key: keys[index] as string }), record);
      });
    } catch (error) {
      throw new CommandError(`${host}: reading ${kind.name}: ${(error as Error).message}`, { cause: error });
    }
    at = end;
  }
  return records;
}

/** One pending task of a run, and what has to be as it was planned on before it is applied. */
export interface Step {
  readonly index: number;
  readonly entry: Entry;
  readonly changes: readonly Change[];
  /** The reads of this task and of the converged ones since the step before it. */
  readonly guard: readonly Read<unknown>[];
}

/**
 * Shell text of a run of pending tasks. Each step but the first is applied only if its guard answers, byte for byte,
 * what its plan was made from; else the run stops there. Marks on stderr tell where it is:
 *
 *   begin INDEX        its commands start
 *   done INDEX STATUS  they have ended
 *   moved INDEX        its guard no longer holds: planned anew by the controller
 */
export function runText(steps: readonly Step[], records: Records): Sh {
  const texts = steps.map((step, position) => {
    const guard = position === 0 ? [] : [guardText(step, records)];
    return joinSh([...guard, applyText(step)]);
  });
  return sh`${rawSh(`hw_mark() { printf '\\n%s %s\\n' "$T" "$*" >&2; }`)}
hw_run() {
${joinSh(texts)}
}
hw_run || exit $?
`;
}

function guardText({ index, guard }: Step, records: Records): Sh {
  const questions = questionsOf(guard);
  const expected = createHash("sha256");
  for (const { kind, keys } of questions) {
    for (const key of keys) expected.update(records.get(readId({ kind, key })) ?? "");
  }
  const asks = joinSh(questions.map(({ kind, keys }) => askText(kind, keys)));
  return sh`hw_g=$({ ${asks}\n} 2>/dev/null | sha256sum)
[ "$hw_g" = ${`${expected.digest("hex")}  -`} ] || { hw_mark moved ${index}; return 0; }`;
}

function applyText({ index, entry, changes }: Step): Sh {
  const commands = changes.flatMap((change) => change.commands);
  const chain = joinSh(
    commands.map((each) => sh`{ ${each}\n}`),
    " &&\n",
  );
  return sh`hw_mark begin ${index}; [ ! -d "$R" ] || echo ${labelOf(entry.ref)} >"$R/change"
( ${commands.length > 0 ? chain : rawSh(":")}
) >&2; hw_s=$?; hw_mark done ${index} "$hw_s"; [ "$hw_s" = 0 ] || return "$hw_s"`;
}

/** The text of a frame as it leaves for the host. */
export function frameText(parts: readonly Sh[]): string {
  return render(joinSh(parts));
}
