import { defineRead } from "../engine/read.ts";
import { sh } from "../shell/sh.ts";
import { splitByName } from "./records.ts";

/** A group that exists. Its number is a question of its own ({@link groupId}): it is not known beforehand. */
export interface GroupState {
  readonly name: string;
}

/** A group by name; `undefined` where there is none. */
export const group = defineRead<GroupState | undefined>({
  name: "group",
  tidy: true,
  ask,
  split: splitByName,
  parse: (record, key) => (record.length === 0 ? undefined : { name: key }),
});

/** The number of a group; `undefined` where there is none. */
export const groupId = defineRead<number | undefined>({
  name: "group-id",
  tidy: true,
  ask,
  split: splitByName,
  parse: (record) => parseGroupId(record.toString()),
});

/**
 * A line of the groups' data base: `NAME:PASSWORD:GID:MEMBERS`.
 *
 * @see group(5), getent(1)
 */
export function parseGroupId(line: string): number | undefined {
  const field = line.split(":")[2];
  return field === undefined ? undefined : Number(field);
}

// Members are left out: a group's answer does not change with them.
function ask(names: readonly string[]) {
  return sh`getent group ${names} 2>/dev/null | cut -d : -f 1-3`;
}
