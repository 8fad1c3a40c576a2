import { z } from "zod";
import { blocked, type Plan, pending } from "../engine/plan.ts";
import type { Read } from "../engine/read.ts";
import { defineTask } from "../engine/task.ts";
import { WantedUser } from "../params/accounts.ts";
import { AccountName } from "../params/files.ts";
import { userHome } from "../reads/authorized-keys.ts";
import { type GroupState, group as groupState } from "../reads/group.ts";
import { path as pathState } from "../reads/path.ts";
import { userId, userPassword, user as userState } from "../reads/user.ts";
import { userChanges } from "./user-changes.ts";
import { newUser, userRemoval, userText } from "./user-life.ts";

const Absent = z.strictObject({
  name: AccountName.refine((name) => name !== "root", "root has to stay"),
  absent: z.literal(true),
  /** Whether its home and mail go with it. */
  removeHome: z.boolean().default(false),
});

/**
 * A user; or none of this name. What is not given is left as it is, and a new user gets what is said with each
 * parameter, whatever the distribution's own defaults are.
 *
 * The password's hash travels on standard input, and of the one on the host only whether it is the same comes back.
 * Targets need the shadow utilities (`useradd`). One who is logged in cannot be removed or get another number.
 *
 * @example
 * user({ name: "deploy", groups: ["sudo"], shell: "/bin/bash" });
 * user({ name: "etcd", system: true, home: "/var/lib/etcd" });
 * user({ name: "old", absent: true, removeHome: true });
 * @throws UsageError for parameters that are not valid
 * @see useradd(8), usermod(8), userdel(8), chpasswd(8)
 */
export const user = defineTask({
  name: "user",
  params: z.discriminatedUnion("absent", [WantedUser, Absent]),
  subject: ({ name }) => name,
  reads(params) {
    const { name } = params;
    const wanted = params.absent ? undefined : params;
    const groups = [name, ...(wanted?.group === undefined ? [] : [wanted.group]), ...(wanted?.groups ?? [])];
    const named: Record<GroupAnswer, Read<GroupState | undefined>> = {};
    for (const each of groups) named[groupAnswer(each)] = groupState(each);
    return Object.assign(named, {
      account: userState(name),
      id: userId(name),
      home: userHome(name),
      path: pathState(homeOf(params)),
      password: userPassword(name, wanted?.password?.reveal()),
    });
  },
  plan(params, state): Plan {
    const { name } = params;
    const { account } = state;
    if (params.absent) {
      return account ? pending([userRemoval(params, account)]) : pending([], "absent");
    }
    const needed = [...(params.group === undefined ? [] : [params.group]), ...params.groups];
    const missing = needed.filter((each) => state[groupAnswer(each)] === undefined);
    if (missing.length > 0) return blocked(`group ${missing.join(", ")} does not exist`);
    if (params.locked === false && !params.password && (account?.password ?? "none") === "none") {
      return blocked(`user ${name} has no password to unlock; give one`);
    }
    if (account) return pending(userChanges(params, account, state), userText(account, params.uid));
    const made = newUser(params, { home: homeOf(params), path: state.path, ownGroup: state[groupAnswer(name)] });
    return pending([made.change, ...userChanges(params, made.account, undefined)]);
  },
});

/** Under what name the answer about a group is. */
type GroupAnswer = `group ${string}`;

function groupAnswer(name: string): GroupAnswer {
  return `group ${name}`;
}

/** Where the home of a new user is. */
function homeOf(params: z.output<typeof WantedUser> | z.output<typeof Absent>): string {
  return (params.absent ? undefined : params.home) ?? `/home/${params.name}`;
}
