import { type Change, type Prediction, predict, unknowable, unknowableWhere } from "../engine/plan.ts";
import type { WantedUser } from "../params/accounts.ts";
import { pathOfRead, unknowableBelow, unknowableListings } from "../reads/about-path.ts";
import { userHome } from "../reads/authorized-keys.ts";
import { type GroupState, groupId, group as groupState } from "../reads/group.ts";
import { type PathState, path as pathState } from "../reads/path.ts";
import { type UserState, userId, user as userState } from "../reads/user.ts";
import { command, type Sh } from "../shell/sh.ts";
import { accountFilesTouched, ownershipTouched } from "./account-effects.ts";

/** What the making of a user hangs on. */
interface Ground {
  readonly home: string;
  readonly path: PathState;
  /** The group of the user's own name. */
  readonly ownGroup: GroupState | undefined;
}

/** A user that does not exist yet: the change that makes it, and what it is then. All defaults are said to useradd. */
export function newUser(wanted: WantedUser, { home, path, ownGroup }: Ground) {
  const { name, uid, system, group = name, comment = "" } = wanted;
  const shell = wanted.shell ?? (system ? "/usr/sbin/nologin" : "/bin/sh");
  const groups = [...new Set(wanted.groups)].filter((each) => each !== group).toSorted();
  const createHome = wanted.createHome ?? !system;
  const makesGroup = wanted.group === undefined && !ownGroup;
  const makesHome = createHome && path.type === "absent";
  const account: UserState = { group, comment, home, shell, groups, password: "none" };
  const words = [
    "useradd",
    ...(uid === undefined ? [] : ["-u", uid]),
    ...(makesGroup ? ["-U"] : ["-g", group]),
    ...(groups.length === 0 ? [] : ["-G", groups.join(",")]),
    ...(comment === "" ? [] : ["-c", comment]),
    ...(system ? ["-r"] : []),
    ...["-d", home, "-s", shell, createHome ? "-m" : "-M", name],
  ];
  const commands: Sh[] = [command(words), ...(makesHome ? [command(["chmod", "0700", home])] : [])];
  const predicts: Prediction[] = [
    ownershipTouched("owner", name),
    ...(makesGroup ? [ownershipTouched("group", name)] : []),
    passwordTouched(name),
    predict(userState(name), account),
    uid === undefined ? unknowable(userId(name)) : predict(userId(name), uid),
    ...(makesGroup ? [predict(groupState(name), { name }), unknowable(groupId(name))] : []),
    ...(path.type !== "absent"
      ? [unknowable(userHome(name)), keysTouched(name)]
      : createHome
        ? homePredictions(name, home, group)
        : [predict(userHome(name), { exists: false })]),
    ...accountFilesTouched(),
  ];
  const change: Change = { what: "user", from: "absent", to: userText(account, uid), commands, predicts };
  return { change, account };
}

/** A user in a line. */
export function userText({ home, shell, group, groups }: UserState, uid: number | undefined): string {
  const number = uid === undefined ? "" : `uid ${uid}, `;
  return `${number}group ${[group, ...groups].join(" ")}, home ${home}, shell ${shell}`;
}

/** What useradd copies from /etc/skel, on the distributions that are known: nothing else appears in a new home. */
const SKELETON = /^\.(bash|profile|zsh|cshrc|kshrc|login|emacs|screenrc)/;

/** What there is once a home has been made. */
export function homePredictions(name: string, home: string, group: string): readonly Prediction[] {
  return [
    unknowableWhere((read) => {
      const at = pathOfRead(read) ?? "";
      return at.startsWith(`${home}/`) && SKELETON.test(at.slice(home.length + 1));
    }),
    unknowableListings(home),
    predict(pathState(home), { type: "directory", mode: "0700", owner: name, group }),
    predict(userHome(name), { exists: true }),
  ];
}

/** A user goes: its private group may go with it, and files that stay show its number. */
export function userRemoval(
  { name, removeHome }: { readonly name: string; readonly removeHome: boolean },
  { home }: UserState,
): Change {
  const gone: Prediction[] = removeHome
    ? [
        unknowableWhere((read) => {
          const at = pathOfRead(read);
          return at === home || at === `/var/mail/${name}`;
        }),
        unknowableBelow(home),
        unknowableListings(home),
      ]
    : [];
  return {
    what: "user",
    from: removeHome ? `present, home ${home}` : "present",
    to: removeHome ? "absent, home removed" : "absent",
    commands: [command(["userdel", ...(removeHome ? ["-r"] : []), name])],
    predicts: [
      ...gone,
      ownershipTouched("owner", name),
      ownershipTouched("group", name),
      passwordTouched(name),
      keysTouched(name),
      unknowable(groupState(name)),
      unknowable(groupId(name)),
      unknowable(userHome(name)),
      predict(userState(name), undefined),
      predict(userId(name), undefined),
      ...accountFilesTouched(),
    ],
  };
}

/** What a user's password compares to will be another answer. */
export function passwordTouched(name: string): Prediction {
  return unknowableWhere((read) => read.kind.name === "user-password" && read.key.startsWith(`${name} `));
}

/** Another home may have other keys in it. */
export function keysTouched(name: string): Prediction {
  return unknowableWhere((read) => read.kind.name === "authorized-key" && read.key.startsWith(`${name} `));
}
