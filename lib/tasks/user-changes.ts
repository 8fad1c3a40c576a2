import { type Change, type Prediction, predict, unknowable } from "../engine/plan.ts";
import type { WantedUser } from "../params/accounts.ts";
import { type UserHome, userHome } from "../reads/authorized-keys.ts";
import type { PathState } from "../reads/path.ts";
import { type UserState, userId, userPassword, user as userState } from "../reads/user.ts";
import { secretText } from "../secrets/secret.ts";
import { command, content, type Sh, sh } from "../shell/sh.ts";
import { accountFilesTouched, ownershipTouched } from "./account-effects.ts";
import { homePredictions, keysTouched, passwordTouched } from "./user-life.ts";

/** What else is known of a user that exists. */
interface Found {
  readonly id: number | undefined;
  readonly home: UserHome;
  /** What is at the home that is wanted. */
  readonly path: PathState;
  readonly password: "same" | "differs";
}

/**
 * The changes that make a user what it should be. `found` is undefined for one that has just been made with all that
 * useradd can give it: only the password is to be set then.
 */
export function userChanges(wanted: WantedUser, account: UserState, found: Found | undefined): readonly Change[] {
  const { name } = wanted;
  const changes: Change[] = [];
  let after = account;
  const change = (
    what: string,
    [from, to]: readonly [string, string],
    part: Partial<UserState>,
    commands: readonly Sh[],
    effects: readonly Prediction[] = [],
  ) => {
    after = { ...after, ...part };
    const predicts = [...effects, predict(userState(name), after), ...accountFilesTouched()];
    changes.push({ what, from, to, commands, predicts });
  };
  const modify = (...words: readonly (string | number)[]) => [command(["usermod", ...words, name])];

  if (found) {
    const { uid, group, comment, home, shell } = wanted;
    if (uid !== undefined && found.id !== uid) {
      change("uid", [String(found.id), String(uid)], {}, modify("-u", uid), [
        ownershipTouched("owner", name),
        predict(userId(name), uid),
      ]);
    }
    if (group !== undefined && account.group !== group) {
      change("group", [account.group, group], { group }, modify("-g", group), [
        ownershipTouched("group", account.group), // of files in the home
      ]);
    }
    if (comment !== undefined && account.comment !== comment) {
      change("comment", [account.comment, comment], { comment }, modify("-c", comment));
    }
    if (home !== undefined && account.home !== home) {
      change("home", [account.home, home], { home }, modify("-d", home), [
        unknowable(userHome(name)),
        keysTouched(name),
      ]);
    }
    if (shell !== undefined && account.shell !== shell) {
      change("shell", [account.shell, shell], { shell }, modify("-s", shell));
    }
    const groups = memberships(wanted, after);
    if (groups.join() !== after.groups.join()) {
      change("groups", [after.groups.join(" "), groups.join(" ")], { groups }, modify("-G", groups.join(",")));
    }
    const there = home === undefined ? found.home.exists : found.path.type !== "absent";
    if (wanted.createHome && !there) {
      const made = makeHome(name, after.home, after.group);
      change("home directory", ["absent", after.home], {}, [made], homePredictions(name, after.home, after.group));
    }
  }

  const { password, locked = after.password === "locked" } = wanted;
  if (password && found?.password !== "same") {
    // `!` before the hash is what locks, so that it is never open in between.
    const line = secretText`${name}:${locked ? "!" : ""}${password}\n`;
    change(
      "password",
      [found ? "another" : "none", locked ? "as given, locked" : "as given"],
      { password: locked ? "locked" : "usable" },
      [sh`${content(line)} | chpasswd -e`],
      [passwordTouched(name), predict(userPassword(name, password.reveal()), "same")],
    );
  }
  if (wanted.locked === true && (after.password === "usable" || after.password === "empty")) {
    const part = after.password === "usable" ? "locked" : "none";
    change("lock", ["open", "locked"], { password: part }, modify("-L"));
  }
  if (wanted.locked === false && after.password === "locked") {
    change("lock", ["locked", "open"], { password: "usable" }, modify("-U"));
  }
  return changes;
}

/** The groups that should list the user, sorted: the primary group need not. */
function memberships({ groups, append }: WantedUser, { group, groups: listed }: UserState): readonly string[] {
  const kept = listed.filter((each) => append || each === group || groups.includes(each));
  return [...new Set([...kept, ...groups.filter((each) => each !== group)])].toSorted();
}

/** As useradd makes it. */
function makeHome(name: string, home: string, group: string): Sh {
  return sh`mkdir -m 0700 ${home} && { [ ! -d /etc/skel ] || cp -R /etc/skel/. ${home}; } && chown -R ${`${name}:${group}`} ${home}`;
}
