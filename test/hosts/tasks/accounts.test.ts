import test from "ava";
import { Secret } from "../../../lib/secrets/secret.ts";
import { authorizedKey } from "../../../lib/tasks/authorized-key.ts";
import { file } from "../../../lib/tasks/file.ts";
import { group } from "../../../lib/tasks/group.ts";
import { user } from "../../../lib/tasks/user.ts";
import { converge, freshHost, prove } from "../_host.ts";

const site = await freshHost(6);
const said = async (script: string) => (await site.host.exec(script)).stdout;

const one = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK0wmN/Cr3JXqmLW7u+g9pTh+wyqDHpSQEIQczXkVx9q one@example.com";
const two = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ2Q8Uo0bVZQmQ3m9e3c5wQ0n6y8m9o8k1cY0q0F9W2x two";
const hash = "$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/";
const other = "$6$othersal$5fyJ3C4wEqYkZx3K0S1M3Q8j1cY0q0F9W2xJ2Q8Uo0bVZQmQ3m9e3c5wQ0n6y8m9o8k1cY0q0F9W2xJ2Q8Uo0b";

test.serial("a group, a user in it and its keys are made in one run, and check foretells all of it", async (t) => {
  const outcome = await prove(t, site, [
    group({ name: "ops", gid: 4000 }),
    group({ name: "ledger", system: true }),
    user({ name: "deploy", groups: ["ops", "sudo"], shell: "/bin/bash", comment: "Deploys, Ångström" }),
    user({ name: "ledger", group: "ledger", system: true, home: "/var/lib/ledger" }),
    user({ name: "robot", uid: 4001, password: new Secret(hash) }),
    authorizedKey({ user: "deploy", key: one }),
    authorizedKey({
      user: "deploy",
      key: two,
      options: ['from="10.0.0.0/8,127.0.0.1"', "no-pty"],
      comment: "second key",
    }),
    file({ path: "/home/deploy/notes", content: "hello\n", owner: "deploy", group: "deploy" }),
  ]);
  t.true(outcome.roundTrips <= 5, `${outcome.roundTrips} round trips`);
  t.notRegex(JSON.stringify(outcome), /saltsalt|qFmFH/);
  t.is(
    await said(
      "getent group ops; getent passwd deploy | cut -d : -f 1,5-; id -Gn deploy; id -gn ledger; ls -d /var/lib/ledger; id -u robot",
    ),
    "ops:x:4000:deploy\ndeploy:Deploys, Ångström:/home/deploy:/bin/bash\ndeploy sudo ops\nledger\n4001\n",
  );
  t.is(await said("getent shadow robot | cut -d : -f 2; getent shadow deploy | cut -d : -f 2"), `${hash}\n!\n`);
  t.is(
    await said(
      "cd /home/deploy; stat -c '%a %U:%G %n' . .ssh .ssh/authorized_keys .bashrc; ls -A .ssh; cat .ssh/authorized_keys",
    ),
    `700 deploy:deploy .
700 deploy:deploy .ssh
600 deploy:deploy .ssh/authorized_keys
644 deploy:deploy .bashrc
authorized_keys
${one}
from="10.0.0.0/8,127.0.0.1",no-pty ${two} second key
`.replace(" two second", " second"),
  );
});

test.serial("what differs is changed, what is not given stays", async (t) => {
  await prove(t, site, [
    group({ name: "ops", gid: 4100 }),
    user({ name: "deploy", groups: ["adm"], shell: "/bin/sh", comment: "" }),
    user({ name: "robot", uid: 4002, group: "ops", groups: ["adm"], home: "/srv/robot", createHome: true }),
  ]);
  t.is(
    await said("id -Gn deploy; getent passwd deploy robot | cut -d : -f 1,3-; stat -c '%U:%G' /home/robot"),
    `deploy adm sudo ops
deploy:${await said("id -u deploy").then((id) => id.trim())}:${await said("id -g deploy").then((id) => id.trim())}::/home/deploy:/bin/sh
robot:4002:4100::/srv/robot:/bin/sh
robot:ops
`,
  );
  await prove(t, site, [user({ name: "robot", createHome: true })], ["ok"]);
  await site.host.exec("rm -r /srv/robot");
  await prove(t, site, [user({ name: "robot", createHome: true })]);
  await prove(t, site, [user({ name: "deploy", groups: ["ops"], append: false })]);
  t.is(
    await said("id -Gn deploy; stat -c '%a %U:%G %n' /srv/robot /srv/robot/.bashrc"),
    "deploy ops\n700 robot:ops /srv/robot\n644 robot:ops /srv/robot/.bashrc\n",
  );
});

test.serial("passwords are set and locked without being open in between", async (t) => {
  const shadow = "getent shadow robot | cut -d : -f 2";
  await prove(t, site, [user({ name: "robot", locked: true })]);
  t.is(await said(shadow), `!${hash}\n`);
  await prove(t, site, [user({ name: "robot", password: hash })], ["ok"]);
  await prove(t, site, [user({ name: "robot", password: other })]);
  t.is(await said(shadow), `!${other}\n`);
  await prove(t, site, [user({ name: "robot", password: other, locked: false })]);
  t.is(await said(shadow), `${other}\n`);
  await prove(t, site, [user({ name: "new", password: hash, locked: true })]);
  t.is(await said("getent shadow new | cut -d : -f 2"), `!${hash}\n`);
  const { error } = await converge(site.lab, site.host, [user({ name: "deploy", locked: false })]);
  t.regex(error?.message ?? "", /user deploy is blocked: user deploy has no password to unlock; give one/);
});

test.serial("keys are changed, taken away, and alone when they should be", async (t) => {
  const keys = "/home/deploy/.ssh/authorized_keys";
  await site.host.exec(
    `chmod 755 /home/deploy/.ssh; chown root ${keys}; chmod 644 ${keys}; printf '# mine\\nno key' >>${keys}`,
  );
  await prove(
    t,
    site,
    [
      authorizedKey({ user: "deploy", key: one, comment: "first" }),
      authorizedKey({ user: "deploy", key: two.replace(/ two$/, "") }),
    ],
    ["changed", "ok"],
  );
  t.is(
    await said(`cat ${keys}; stat -c '%a %U' /home/deploy/.ssh ${keys}`),
    `${one.replace("one@example.com", "first")}
from="10.0.0.0/8,127.0.0.1",no-pty ${two.replace(/two$/, "second key")}
# mine
no key
700 deploy
600 deploy
`,
  );
  await prove(t, site, [authorizedKey({ user: "deploy", key: one, exclusive: true })]);
  t.is(await said(`cat ${keys}`), `${one}\n# mine\n`);
  await prove(
    t,
    site,
    [
      authorizedKey({ user: "deploy", key: one, absent: true }),
      authorizedKey({ user: "deploy", key: two, options: [] }),
      authorizedKey({ user: "nobody-there", key: two, absent: true }),
    ],
    ["changed", "changed", "ok"],
  );
  t.is(await said(`cat ${keys}`), `# mine\n${two}\n`);
});

test.serial("a key is not put where a symlink leads, nor into a home that is not there", async (t) => {
  await site.host.exec("rm -r /home/deploy/.ssh; mkdir /root/trap; ln -s /root/trap /home/deploy/.ssh");
  const linked = await converge(site.lab, site.host, [authorizedKey({ user: "deploy", key: one })]);
  t.regex(linked.error?.message ?? "", /blocked: \/home\/deploy\/.ssh is a symlink, not a directory/);
  const homeless = await converge(site.lab, site.host, [authorizedKey({ user: "ledger", key: one })]);
  t.regex(homeless.error?.message ?? "", /blocked: home \/var\/lib\/ledger of user ledger does not exist/);
  const nobody = await converge(site.lab, site.host, [authorizedKey({ user: "nobody-there", key: one })]);
  t.regex(nobody.error?.message ?? "", /blocked: user nobody-there does not exist/);
  const groupless = await converge(site.lab, site.host, [user({ name: "deploy", groups: ["sudo", "none"] })]);
  t.regex(groupless.error?.message ?? "", /blocked: group none does not exist/);
  t.is(await said("ls -A /root/trap"), "");
});

test.serial("users and groups go", async (t) => {
  await prove(
    t,
    site,
    [
      user({ name: "deploy", absent: true, removeHome: true }),
      user({ name: "robot", absent: true }),
      user({ name: "robot-2", absent: true }),
      group({ name: "ops", absent: true }),
    ],
    ["changed", "changed", "ok", "changed"],
  );
  t.is(
    await said("getent passwd deploy robot; getent group ops deploy; ls /home /srv"),
    "/home:\nadmin\nnew\noperator\nrobot\n\n/srv:\nrobot\n",
  );
});
