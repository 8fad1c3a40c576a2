/**
 * Splits output in which each record begins with a line `=`; no other line is that. See {@link linesOf}.
 *
 * @throws Error when there are more or fewer records than keys
 */
export function splitRecords(output: Buffer, keys: readonly string[]): readonly Buffer[] {
  const records = `\n${output.toString("latin1")}`.split(/(?<=\n)(?==\n)/).slice(1);
  if (records.length !== keys.length) throw new Error(`${records.length} records for ${keys.length} keys`);
  return records.map((record) => Buffer.from(record, "latin1"));
}

/** The lines of a record, without the one that begins it. */
export function linesOf(record: Buffer | string): readonly string[] {
  return record
    .toString()
    .split("\n")
    .filter((line) => line !== "" && line !== "=");
}

/** Splits lines of fields between colons by the first one. A data base may answer with a name that nobody asked for. */
export function splitByName(output: Buffer, keys: readonly string[]): readonly Buffer[] {
  const lines = output.toString("latin1").split("\n");
  return keys.map((key) => {
    const own = lines.find((line) => line.startsWith(`${key}:`));
    return Buffer.from(own === undefined ? "" : `${own}\n`, "latin1");
  });
}
