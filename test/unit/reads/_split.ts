import type { ReadKind } from "../../../lib/engine/read.ts";

/** The answers in what a host printed for these keys, which have to be sorted; and whether no byte is left over. */
export function answersIn<T>(kind: ReadKind<T>, keys: readonly string[], printed: string) {
  const output = Buffer.from(printed);
  const records = kind.split(output, keys);
  return {
    answers: records.map((record, index) => kind.parse(record, keys[index] ?? "")),
    // A guard compares records with a digest of the output: together they have to be it.
    whole: Buffer.concat(records).equals(output),
  };
}
