import test from "ava";
import { authorizedKey, parseAuthorizedKey, parseUserHome, userHome } from "../../../lib/reads/authorized-keys.ts";
import { group, groupId } from "../../../lib/reads/group.ts";
import { parseUser, userId, userPassword } from "../../../lib/reads/user.ts";

test("a user's lines, of which some have no value", (t) => {
  t.deepEqual(
    parseUser(
      "=\ngroup nogroup\ncomment Å, b c\nhome /nonexistent\nshell /usr/sbin/nologin\ngroups sudo adm\npassword none\n",
    ),
    {
      group: "nogroup",
      comment: "Å, b c",
      home: "/nonexistent",
      shell: "/usr/sbin/nologin",
      groups: ["adm", "sudo"],
      password: "none",
    },
  );
  t.deepEqual(parseUser("=\ngroup admin\ncomment \nhome /home/admin\nshell \ngroups\npassword usable\n"), {
    group: "admin",
    comment: "",
    home: "/home/admin",
    shell: "",
    groups: [],
    password: "usable",
  });
  t.is(parseUser("=\n"), undefined);
});

test("numbers and groups by name; a name that nobody asked for is passed over", (t) => {
  const output = Buffer.from("root:x:0\nSudo:x:27\nsudo:x:27\n");
  const records = groupId("root").kind.split(output, ["no-such", "root", "sudo"]);
  t.deepEqual(
    records.map((record) => groupId("x").kind.parse(record, "x")),
    [undefined, 0, 27],
  );
  t.deepEqual(group("x").kind.parse(Buffer.from("root:x:0\n"), "root"), { name: "root" });
  t.is(userId("x").kind.parse(Buffer.from("admin:x:1000\n"), "admin"), 1000);
  t.is(userId("x").kind.parse(Buffer.alloc(0), "admin"), undefined);
});

test("of a password only whether it is the same; its hash is no part of the question", (t) => {
  const read = userPassword("robot", "$6$salt$hash");
  t.regex(read.key, /^robot [0-9a-f]{64}$/);
  const records = read.kind.split(Buffer.from("differs\nsame\n"), ["a x", "b y"]);
  t.deepEqual(
    records.map((record) => read.kind.parse(record, "")),
    ["differs", "same"],
  );
});

test("a line of authorized_keys: options with blanks and quotes, types of all kinds, comments of several words", (t) => {
  const blob = "AAAAC3NzaC1lZDI1NTE5AAAAIIhlDBw12K3N4DXh0S1/ncwxoykiwjZ7RVaSNrviqWRq";
  const parsed = (line: string) => Object.values(parseAuthorizedKey(line) ?? {});
  t.deepEqual(parsed(`ssh-ed25519 ${blob} lab test`), ["", "ssh-ed25519", blob, "lab test"]);
  t.deepEqual(parsed(`\tssh-ed25519\t${blob}`), ["", "ssh-ed25519", blob, ""]);
  t.deepEqual(parsed(`sk-ssh-ed25519@openssh.com ${blob} k`), ["", "sk-ssh-ed25519@openssh.com", blob, "k"]);
  const options = 'command="echo \\"ssh-rsa AAAA x\\"",no-pty';
  t.deepEqual(parsed(`${options} ssh-ed25519 ${blob} c`), [options, "ssh-ed25519", blob, "c"]);
  t.deepEqual(parsed("no key at all"), []);
  t.deepEqual(parsed(""), []);
});

test("lines of keys", (t) => {
  const { kind } = authorizedKey("root", "AAAA");
  const records = kind.split(Buffer.from("=\nssh-ed25519 AAAA a\n=\n"), ["a AAAA", "b AAAA"]);
  t.deepEqual(
    records.map((record) => kind.parse(record, "")),
    [["ssh-ed25519 AAAA a"], []],
  );
});

test("a home: what is missing is not at fault, what sshd does not trust is", (t) => {
  const fine =
    "41c0 1000 admin /home/admin\n41c0 1000 admin /home/admin/.ssh\n8180 1000 admin /home/admin/.ssh/authorized_keys\n";
  t.deepEqual(parseUserHome(`user admin 1000 /home/admin\n${fine}`), { exists: true });
  t.deepEqual(parseUserHome("user admin 1000 /home/a b\n41ed 0 root /home/a b\n"), { exists: true });
  t.deepEqual(parseUserHome("user admin 1000 /home/admin\n"), { exists: false });
  t.deepEqual(parseUserHome(""), { exists: false });
  t.deepEqual(
    parseUserHome(
      "user admin 1000 /h\n41c0 1000 admin /h\n41c0 1009 UNKNOWN /h/.ssh\na1ff 1000 admin /h/.ssh/authorized_keys\n",
    ),
    { exists: true, directory: { found: "0700 1009", curable: true }, keys: { found: "a symlink", curable: false } },
  );
  const output = `user admin 1000 /home/admin\n${fine}user games 5 /usr/games\n41ed 0 root /usr/games\n`;
  const { kind } = userHome("admin");
  const records = kind.split(Buffer.from(output), ["admin", "games", "no-such"]);
  t.is(Buffer.concat([...records]).toString(), output);
  t.deepEqual(
    records.map((record) => kind.parse(record, "").exists),
    [true, true, false],
  );
});
