import { z } from "zod";
import { type Change, type Plan, pending, predict, unknowable, unknowableWhere } from "../engine/plan.ts";
import { defineTask } from "../engine/task.ts";
import { AccountId } from "../params/accounts.ts";
import { AccountName } from "../params/files.ts";
import { groupId, group as groupState } from "../reads/group.ts";
import type { UserState } from "../reads/user.ts";
import { command } from "../shell/sh.ts";
import { accountFilesTouched, ownershipTouched } from "./account-effects.ts";

const Present = z.strictObject({
  name: AccountName,
  /** Its number; the next free one unless told. */
  gid: AccountId.optional(),
  /** A new group without `gid` gets one of the numbers for services. */
  system: z.boolean().default(false),
  absent: z.literal(false).optional(),
});

const Absent = z.strictObject({
  name: AccountName.refine((name) => name !== "root", "root has to stay"),
  absent: z.literal(true),
});

/**
 * A group; or none of this name. One that is some user's primary group cannot be removed. Files keep their number when
 * it is changed.
 *
 * Targets need the shadow utilities (`groupadd`), which every distribution but the smallest has.
 *
 * @example
 * group({ name: "etcd", system: true });
 * group({ name: "old", absent: true });
 * @throws UsageError for parameters that are not valid
 * @see groupadd(8), groupmod(8), groupdel(8)
 */
export const group = defineTask({
  name: "group",
  params: z.discriminatedUnion("absent", [Present, Absent]),
  subject: ({ name }) => name,
  reads: ({ name }) => ({ state: groupState(name), id: groupId(name) }),
  plan(params, answers): Plan {
    const { name } = params;
    const { state } = answers;
    if (params.absent) return pending(state ? [removal(name)] : [], "absent");
    const { gid, system } = params;
    if (!state) {
      const words = ["groupadd", ...(system ? ["-r"] : []), ...(gid === undefined ? [] : ["-g", gid]), name];
      const predicts = [
        ownershipTouched("group", name),
        predict(groupState(name), { name }),
        gid === undefined ? unknowable(groupId(name)) : predict(groupId(name), gid),
        ...accountFilesTouched(),
      ];
      const to = gid === undefined ? "present" : `present, gid ${gid}`;
      return pending([{ what: "group", from: "absent", to, commands: [command(words)], predicts }]);
    }
    if (gid === undefined) return pending([], "present");
    const { id } = answers;
    if (id === gid) return pending([], `present, gid ${gid}`);
    const change: Change = {
      what: "gid",
      from: String(id),
      to: String(gid),
      commands: [command(["groupmod", "-g", gid, name])],
      predicts: [ownershipTouched("group", name), predict(groupId(name), gid), ...accountFilesTouched()],
    };
    return pending([change]);
  },
});

function removal(name: string): Change {
  return {
    what: "group",
    from: "present",
    to: "absent",
    commands: [command(["groupdel", name])],
    predicts: [
      unknowableWhere(
        (read, answer) =>
          read.kind.name === "user" && ((answer as UserState | undefined)?.groups.includes(name) ?? false),
      ),
      ownershipTouched("group", name),
      predict(groupState(name), undefined),
      predict(groupId(name), undefined),
      ...accountFilesTouched(),
    ],
  };
}
