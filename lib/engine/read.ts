import type { Sh } from "../shell/sh.ts";

/**
 * A way to ask a host something, for any number of keys at once.
 *
 * `ask(keys)` prints, for each key in the order given, a record that is the same whatever other keys are asked beside
 * it; a record may be empty. `split` takes that output apart again. The engine rests on this: sixty questions become
 * one command, and the bytes of one key's record can be compared later with those of the same key asked alone. So `split` must not drop a byte: the records, joined, are the
 * output.
 */
export interface ReadKind<T> {
  readonly name: string;
  /** Keys reach it sorted and without duplicates. Must only read, and end with status 0 whatever it finds. */
  ask(keys: readonly string[]): Sh;
  /** One record a key, in the order of `keys`. Throws when the output is not what `ask` prints. */
  split(output: Buffer, keys: readonly string[]): readonly Buffer[];
  /** The typed answer in a record. */
  parse(record: Buffer, key: string): T;
  /** Whether a change of the file at `path` may alter the answer of `key`, other than by the kinds that read files. */
  hangsOn?(key: string, path: string): boolean;
  /** Its text leaves the shell as it found it, variables and functions named `hw_…` aside: no process of its own. */
  readonly tidy?: boolean;
  /** No package that comes or goes alters its answers; of kinds that do not say so that is not known. */
  readonly outlastsPackages?: boolean;
  /** Any change may alter its answers: it runs a test of the user's. */
  readonly fragile?: boolean;
  /** For a question that is dear: how long it may take on its own; the session's deadline for reads unless told. */
  readonly deadlineMs?: number;
}

/** A read-only question to a host, typed by its answer. Two reads of the same kind and key are the same question. */
export interface Read<T> {
  readonly kind: ReadKind<T>;
  readonly key: string;
}

/** Identifies a question within a converge. */
export function readId(read: Read<unknown>): string {
  return `${read.kind.name}\0${read.key}`;
}

/** Makes the function that asks: `const path = defineRead({ name: "path", … })`, then `path("/etc/hosts")`. */
export function defineRead<T>(kind: ReadKind<T>): (key: string) => Read<T> {
  return (key) => ({ kind, key });
}

/** Splits output in which each record is one line that may be missing, `keyOf` telling whose line it is. */
export function splitLines(
  output: Buffer,
  keys: readonly string[],
  keyOf: (line: string) => string | undefined,
): readonly Buffer[] {
  const records = new Map<string, string>(keys.map((key) => [key, ""]));
  for (const line of output.toString("latin1").split("\n")) {
    if (line === "") continue;
    const key = keyOf(line);
    if (key === undefined || !records.has(key)) throw new Error(`unexpected line ${JSON.stringify(line)}`);
    records.set(key, `${records.get(key)}${line}\n`);
  }
  return keys.map((key) => Buffer.from(records.get(key) ?? "", "latin1"));
}
