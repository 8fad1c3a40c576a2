import test from "ava";
import { file } from "../../lib/tasks/file.ts";
import { converge, freshHost, prove } from "./_host.ts";

const site = await freshHost(12);
const { lab, host } = site;

test.before(async () => {
  const { code, stderr } = await host.exec(
    "apt-get update -q >/dev/null && apt-get install -y -q --no-install-recommends busybox fish tcsh >/dev/null",
  );
  if (code !== 0) throw new Error(stderr);
});

const made = (name: string) => [file({ path: `/etc/by-${name}`, content: `${name}: Ångström\n`, mode: "0600" })];

for (const shell of ["/usr/bin/fish", "/bin/tcsh", "/bin/bash"]) {
  test.serial(`a login shell ${shell} does not matter`, async (t) => {
    await host.exec(`usermod -s ${shell} admin`);
    await prove(t, site, made(shell.replaceAll("/", "-")));
  });
}

test.serial("a .bashrc that prints, and a slow one, do not matter", async (t) => {
  await host.exec(
    `printf 'echo welcome; echo "hostwright"; echo sudo: a joke >&2; sleep 0.2\\n' | tee /home/admin/.bashrc >/home/admin/.profile`,
  );
  await prove(t, site, made("noisy"));
  await host.exec("rm /home/admin/.bashrc /home/admin/.profile");
});

test.serial("a login shell that is none is told by what it said", async (t) => {
  await host.exec("usermod -s /usr/sbin/nologin admin");
  const { error } = await converge(lab, host, made("nobody"));
  t.is(error?.kind, "privilege");
  t.regex(
    error?.message ?? "",
    /the login shell ended with status 1 before a root shell was ready .*This account is currently not available/,
  );
  await host.exec("usermod -s /bin/bash admin");
});

test.serial("a user that is not root and does not become root is told what to set", async (t) => {
  const { error } = await converge(lab, host, made("user"), { reach: { become: false } });
  t.regex(error?.message ?? "", /logged in as uid \d+, but root is needed .*ansible_become: true/);
});

test.serial("a /tmp that is noexec and read-only does not matter", async (t) => {
  await host.exec("mount -t tmpfs -o noexec,ro none /tmp; mount -t tmpfs -o noexec,ro none /var/tmp");
  await prove(t, site, made("noexec"));
  await host.exec("umount /tmp /var/tmp");
});

test.serial("a /bin/sh that is busybox ash, with busybox's tools first, does not matter", async (t) => {
  await host.exec(
    `mkdir -p /usr/local/sbin; for tool in sh head cat setsid stat sha256sum sleep base64 tr mv rm chmod chown mkdir flock id date; do
       ln -sf /usr/bin/busybox /usr/local/sbin/$tool; done; ln -sf busybox /usr/bin/sh`,
  );
  await prove(t, site, made("busybox"));
  const large = "0123456789abcdef".repeat(300_000);
  await prove(t, site, [file({ path: "/etc/large", content: large }), file({ path: "/etc/small", content: "x\n" })]);
  t.is((await host.exec("stat -c %s /etc/large; ls /var/lib/hostwright/stage")).stdout, "4800000\n");
});

test.serial("a /bin/sh that is bash does not matter", async (t) => {
  await host.exec("rm -f /usr/local/sbin/*; ln -sf bash /usr/bin/sh");
  await prove(t, site, made("bash-sh"));
  await host.exec("ln -sf dash /usr/bin/sh");
});
