import test from "ava";
import { authorizedKeys, authorizedKey as lines, userHome } from "../../../lib/reads/authorized-keys.ts";
import { type UserState, user } from "../../../lib/reads/user.ts";
import { authorizedKey } from "../../../lib/tasks/authorized-key.ts";
import { commandsOf, given, planOf, printed, shown } from "./_plan.ts";

const blob = "AAAAC3NzaC1lZDI1NTE5AAAAIIhlDBw12K3N4DXh0S1/ncwxoykiwjZ7RVaSNrviqWRq";
const key = `ssh-ed25519 ${blob} lab test`;
const state: UserState = {
  group: "deploy",
  comment: "",
  home: "/home/deploy",
  shell: "/bin/sh",
  groups: [],
  password: "none",
};
const account = given(user("deploy"), state);
const fine = given(userHome("deploy"), { exists: true });
const has = (...found: string[]) => printed(lines("deploy", blob), ["=", ...found, ""].join("\n"));
const home = (...found: string[]) =>
  printed(userHome("deploy"), ["user deploy 1000 /home/deploy", ...found, ""].join("\n"));

const rows: readonly [string, Parameters<typeof authorizedKey>[0], Parameters<typeof planOf>[1], string][] = [
  ["a key that is there is converged", { user: "deploy", key }, [account, fine, has(key)], "converged: authorized"],
  [
    "a key that is missing is added",
    { user: "deploy", key, options: ["restrict", 'command="backup --now"'] },
    [account, fine, has()],
    'key: absent -> restrict,command="backup --now" ssh-ed25519 …NrviqWRq lab test',
  ],
  [
    "what is not given stays as it is",
    { user: "deploy", key: `ssh-ed25519 ${blob}` },
    [account, fine, has(`from="10.0.0.0/8 , x",no-pty ssh-ed25519 ${blob} old comment`)],
    "converged: authorized",
  ],
  [
    "options and comment that differ are changed",
    { user: "deploy", key, options: [], comment: "new" },
    [account, fine, has(`no-pty ssh-ed25519 ${blob} old`)],
    "key: no-pty ssh-ed25519 …NrviqWRq old -> ssh-ed25519 …NrviqWRq new",
  ],
  [
    "a key that is there twice is kept once",
    { user: "deploy", key },
    [account, fine, has(key, key)],
    "key: ssh-ed25519 …NrviqWRq lab test, ssh-ed25519 …NrviqWRq lab test -> ssh-ed25519 …NrviqWRq lab test",
  ],
  [
    "other keys go where this one should be alone",
    { user: "deploy", key, exclusive: true },
    [account, fine, has(key), given(authorizedKeys("deploy"), [key, "ssh-rsa AAAAB3Nza other"])],
    "keys: ssh-ed25519 …NrviqWRq lab test, ssh-rsa …AAAB3Nza other -> ssh-ed25519 …NrviqWRq lab test",
  ],
  [
    "modes and owners that sshd does not trust are put right",
    { user: "deploy", key },
    [
      account,
      has(key),
      home(
        "41ed 1000 deploy /home/deploy",
        "41ed 1000 deploy /home/deploy/.ssh",
        "81a4 0 root /home/deploy/.ssh/authorized_keys",
      ),
    ],
    "/home/deploy/.ssh: 0755 deploy -> 0700 deploy\n/home/deploy/.ssh/authorized_keys: 0644 root -> 0600 deploy",
  ],
  [
    "a symlink in the place of ~/.ssh blocks",
    { user: "deploy", key },
    [account, has(), home("41ed 1000 deploy /home/deploy", "a1ff 1000 deploy /home/deploy/.ssh")],
    "blocked: /home/deploy/.ssh is a symlink, not a directory",
  ],
  [
    "a home that does not exist blocks",
    { user: "deploy", key },
    [account, has(), home()],
    "blocked: home /home/deploy of user deploy does not exist",
  ],
  [
    "a user that does not exist blocks",
    { user: "deploy", key },
    [given(user("deploy"), undefined)],
    "blocked: user deploy does not exist",
  ],
  [
    "a key that should not be there goes",
    { user: "deploy", key, absent: true },
    [account, fine, has(key)],
    "key: ssh-ed25519 …NrviqWRq lab test -> absent",
  ],
  [
    "a key that should not be there and is not",
    { user: "deploy", key, absent: true },
    [account, fine, has()],
    "converged: not authorized",
  ],
  [
    "no user has no keys",
    { user: "deploy", key, absent: true },
    [given(user("deploy"), undefined)],
    "converged: there is no user deploy",
  ],
];

for (const [title, params, answers, expected] of rows) {
  test(title, (t) => t.is(shown(planOf(authorizedKey(params), answers)), expected));
}

test("the file is written with the user's own rights", (t) => {
  const [edit] = commandsOf(planOf(authorizedKey({ user: "deploy", key }), [account, fine, has()]));
  t.regex(edit ?? "", /^su -s \/bin\/sh -c .*umask 077; mkdir -p \/home\/deploy\/\.ssh && /s);
});

test("what is no public key or option is refused", (t) => {
  for (const bad of [
    "",
    "ssh-rsa AAAA",
    `ssh-rsa ${blob}`,
    `no-pty ssh-ed25519 ${blob}`,
    `ssh-ed25519 ${blob} a\nssh-ed25519 ${blob}`,
  ]) {
    t.throws(
      () => authorizedKey({ user: "deploy", key: bad }),
      { message: /has to be a public key without options/ },
      bad,
    );
  }
  for (const option of ["no-pty,agent", 'command="a" b', "a\nb", 'command="a']) {
    t.throws(
      () => authorizedKey({ user: "deploy", key, options: [option] }),
      { message: /has to be one option/ },
      option,
    );
  }
});
