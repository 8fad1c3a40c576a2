import test from "ava";
import { userHome } from "../../../lib/reads/authorized-keys.ts";
import { group } from "../../../lib/reads/group.ts";
import { path } from "../../../lib/reads/path.ts";
import { userId, userPassword, user as userState } from "../../../lib/reads/user.ts";
import { Secret } from "../../../lib/secrets/secret.ts";
import { user } from "../../../lib/tasks/user.ts";
import { commandsOf, given, planOf, printed, shown } from "./_plan.ts";

const hash = "$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2";
const deploy = (groups: string, password = "none") =>
  printed(
    userState("deploy"),
    `=\ngroup deploy\ncomment Deploys\nhome /home/deploy\nshell /bin/sh\ngroups${groups}\npassword ${password}\n`,
  );
const absent = printed(userState("deploy"), "=\n");
const groups = ["deploy", "sudo", "ops"].map((name) => given(group(name), { name }));
const rest = [
  given(userId("deploy"), 1002),
  given(userHome("deploy"), { exists: true }),
  given(path("/home/deploy"), { type: "absent" }),
  given(path("/srv/deploy"), { type: "absent" }),
  given(userPassword("deploy", undefined), "differs"),
  given(userPassword("deploy", hash), "differs"),
  ...groups,
];

const rows: readonly [string, Parameters<typeof user>[0], Parameters<typeof planOf>[1], string, readonly string[]][] = [
  [
    "one that is there is converged, whatever is not asked for",
    { name: "deploy" },
    [deploy(" sudo"), ...rest],
    "converged: group deploy sudo, home /home/deploy, shell /bin/sh",
    [],
  ],
  [
    "one that is missing is made with all that it needs",
    { name: "deploy", uid: 4000, groups: ["sudo", "ops"], comment: "D", shell: "/bin/bash" },
    [absent, given(group("deploy"), undefined), ...rest.slice(0, -3), ...groups.slice(1)],
    "user: absent -> uid 4000, group deploy ops sudo, home /home/deploy, shell /bin/bash",
    ["useradd -u 4000 -U -G ops,sudo -c D -d /home/deploy -s /bin/bash -m deploy", "chmod 0700 /home/deploy"],
  ],
  [
    "a group of its name is taken as the primary one",
    { name: "deploy", system: true },
    [absent, ...rest],
    "user: absent -> group deploy, home /home/deploy, shell /usr/sbin/nologin",
    ["useradd -g deploy -r -d /home/deploy -s /usr/sbin/nologin -M deploy"],
  ],
  [
    "a home that is there is left as it is",
    { name: "deploy", group: "ops" },
    [
      absent,
      given(path("/home/deploy"), { type: "directory", mode: "0755", owner: "1002", group: "1002" }),
      ...rest.filter(([read]) => read.kind.name !== "path"),
    ],
    "user: absent -> group ops, home /home/deploy, shell /bin/sh",
    ["useradd -g ops -d /home/deploy -s /bin/sh -m deploy"],
  ],
  [
    "a group that is missing blocks",
    { name: "deploy", groups: ["docker"] },
    [deploy(""), given(group("docker"), undefined), ...rest],
    "blocked: group docker does not exist",
    [],
  ],
  [
    "groups are added to those that are there",
    { name: "deploy", groups: ["ops"] },
    [deploy(" sudo"), ...rest],
    "groups: sudo -> ops sudo",
    ["usermod -G ops,sudo deploy"],
  ],
  [
    "or are the only ones",
    { name: "deploy", groups: ["ops"], append: false },
    [deploy(" sudo"), ...rest],
    "groups: sudo -> ops",
    ["usermod -G ops deploy"],
  ],
  [
    "the primary group need not list its user",
    { name: "deploy", groups: ["deploy"] },
    [deploy(""), ...rest],
    "converged: group deploy, home /home/deploy, shell /bin/sh",
    [],
  ],
  [
    "what differs is changed step by step",
    { name: "deploy", uid: 4, group: "ops", comment: "", home: "/srv/deploy", shell: "/bin/bash", createHome: true },
    [deploy(""), ...rest],
    "uid: 1002 -> 4\ngroup: deploy -> ops\ncomment: Deploys -> \nhome: /home/deploy -> /srv/deploy\nshell: /bin/sh -> /bin/bash\nhome directory: absent -> /srv/deploy",
    [
      "usermod -u 4 deploy",
      "usermod -g ops deploy",
      "usermod -c '' deploy",
      "usermod -d /srv/deploy deploy",
      "usermod -s /bin/bash deploy",
      "mkdir -m 0700 /srv/deploy && { [ ! -d /etc/skel ] || cp -R /etc/skel/. /srv/deploy; } && chown -R deploy:ops /srv/deploy",
    ],
  ],
  [
    "a password that differs is set on standard input",
    { name: "deploy", password: hash },
    [deploy("", "usable"), ...rest],
    "password: another -> as given",
    ["printf <secret> | chpasswd -e"],
  ],
  [
    "a password that is set stays locked if it was",
    { name: "deploy", password: new Secret(hash) },
    [deploy("", "locked"), ...rest],
    "password: another -> as given, locked",
    ["printf <secret> | chpasswd -e"],
  ],
  [
    "a lock is put on",
    { name: "deploy", locked: true },
    [deploy("", "usable"), ...rest],
    "lock: open -> locked",
    ["usermod -L deploy"],
  ],
  [
    "a lock is taken off",
    { name: "deploy", locked: false },
    [deploy("", "locked"), ...rest],
    "lock: locked -> open",
    ["usermod -U deploy"],
  ],
  [
    "without a password there is nothing to lock",
    { name: "deploy", locked: true },
    [deploy(""), ...rest],
    "converged: group deploy, home /home/deploy, shell /bin/sh",
    [],
  ],
  [
    "nor to unlock",
    { name: "deploy", locked: false },
    [deploy(""), ...rest],
    "blocked: user deploy has no password to unlock; give one",
    [],
  ],
  [
    "one that should not be there goes, with its home if that is wanted",
    { name: "deploy", absent: true, removeHome: true },
    [deploy(""), ...rest],
    "user: present, home /home/deploy -> absent, home removed",
    ["userdel -r deploy"],
  ],
  [
    "one that should not be there and is not",
    { name: "deploy", absent: true },
    [absent, ...rest],
    "converged: absent",
    [],
  ],
];

for (const [title, params, state, expected, commands] of rows) {
  test(title, (t) => {
    const plan = planOf(user(params), state);
    t.is(shown(plan), expected);
    t.deepEqual(commandsOf(plan), commands);
  });
}

test("parameters that would do harm are refused, and a password is not shown", (t) => {
  t.throws(() => user({ name: "root", absent: true }), { message: /root has to stay/ });
  t.throws(() => user({ name: "deploy", comment: "a:b" }), { message: /without colons/ });
  const error = t.throws(() => user({ name: "deploy", password: "hunter2" }), { message: /has to be a hash/ });
  t.notRegex(error?.message ?? "", /hunter2/);
});
