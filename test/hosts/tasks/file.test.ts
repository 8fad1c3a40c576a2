import test from "ava";
import { Secret, secretText } from "../../../lib/secrets/secret.ts";
import { file } from "../../../lib/tasks/file.ts";
import { converge, freshHost, prove } from "../_host.ts";

const site = await freshHost(1);

test.serial("files are made, kept and changed", async (t) => {
  await prove(t, site, [
    file({ path: "/etc/one", content: "eins\n" }),
    file({ path: "/etc/two", content: "zwei, drei, Ångström \u0081\n", mode: "0600", owner: "admin", group: "admin" }),
    file({ path: "/etc/three", content: Buffer.from([0, 1, 2, 255, 10, 10]) }),
  ]);
  const { stdout } = await site.host.exec("cat /etc/one; stat -c '%a %U %G' /etc/two; od -An -tx1 /etc/three");
  t.is(stdout, "eins\n600 admin admin\n 00 01 02 ff 0a 0a\n");
  await prove(t, site, [
    file({ path: "/etc/one", content: "one\n" }),
    file({ path: "/etc/two", content: "zwei, drei, Ångström \u0081\n", mode: "0640", owner: "admin", group: "admin" }),
    file({ path: "/etc/three", absent: true }),
  ]);
});

test.serial("a file that its validator refuses is left as it was", async (t) => {
  await prove(t, site, [file({ path: "/etc/valid", content: "good\n", validate: ["grep", "-q", "good", "%s"] })]);
  const { error } = await converge(site.lab, site.host, [
    file({ path: "/etc/valid", content: "bad\n", validate: ["grep", "good", "%s"] }),
  ]);
  t.regex(error?.message ?? "", /file \/etc\/valid failed with status 1 \(content is other content, wanted 4 bytes/);
  t.is((await site.host.exec("cat /etc/valid; ls -A /etc | grep -c hostwright")).stdout, "good\n0\n");
});

test.serial("a secret shows in no change, neither the new one nor what was there", async (t) => {
  await site.host.exec("echo old-secret > /etc/secret");
  const outcome = await prove(t, site, [
    file({ path: "/etc/secret", content: secretText`password ${new Secret("hunter2-secret")}\n`, mode: "0600" }),
  ]);
  t.notRegex(JSON.stringify(outcome), /hunter2|old-secret/);
  t.is((await site.host.exec("cat /etc/secret")).stdout, "password hunter2-secret\n");
});
