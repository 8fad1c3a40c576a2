import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import test from "ava";
import { hostFacts } from "../../../lib/engine/facts.ts";
import { sha256 } from "../../../lib/reads/file-content.ts";
import { textFile } from "../../../lib/reads/text-file.ts";
import { Secret, secretText } from "../../../lib/secrets/secret.ts";
import { copy } from "../../../lib/tasks/copy.ts";
import { directory } from "../../../lib/tasks/directory.ts";
import { file } from "../../../lib/tasks/file.ts";
import { symlink } from "../../../lib/tasks/symlink.ts";
import { template } from "../../../lib/tasks/template.ts";
import { converge, freshHost, prove } from "../_host.ts";

const site = await freshHost(7);
const source = mkdtempSync(join(tmpdir(), "hostwright-copy-"));
test.after.always(() => rmSync(source, { recursive: true, force: true }));
const stdout = async (script: string) => (await site.host.exec(script)).stdout;
const statuses = (results: readonly { status: string }[]) => results.map(({ status }) => status);

test.serial("directories are made with their parents, changed and removed", async (t) => {
  await prove(
    t,
    site,
    [
      directory({ path: "/srv/a/b/c", mode: "0750", owner: "admin", group: "admin" }),
      file({ path: "/srv/a/b/c/note", content: "in a directory of the same list\n" }),
      directory({ path: "/srv/a" }),
    ],
    ["changed", "changed", "ok"],
  );
  t.is(
    await stdout("stat -c '%A %U:%G %n' /srv/a /srv/a/b /srv/a/b/c"),
    "drwxr-xr-x root:root /srv/a\ndrwxr-xr-x root:root /srv/a/b\ndrwxr-x--- admin:admin /srv/a/b/c\n",
  );
  await prove(t, site, [directory({ path: "/srv/a/b/c", mode: "2775", owner: "root", group: "admin" })]);
  t.is(await stdout("stat -c '%a %U:%G' /srv/a/b/c"), "2775 root:admin\n");
  // Below a directory with the set-group-ID bit.
  await prove(t, site, [directory({ path: "/srv/a/b/c/d/e" }), directory({ path: "/srv/a/b/c", mode: "0755" })]);
  t.is(await stdout("stat -c '%a %U:%G' /srv/a/b/c /srv/a/b/c/d /srv/a/b/c/d/e"), "755 root:root\n".repeat(3));
  await prove(t, site, [directory({ path: "/srv/a", absent: true })]);
  t.is(await stdout("ls /srv"), "");
});

test.serial("a directory is not removed while something is mounted in it", async (t) => {
  await site.host.exec("mkdir -p /srv/m/in '/srv/m x'; mount -t tmpfs none /srv/m/in; echo data >/srv/m/in/data");
  const refused = await converge(site.lab, site.host, [directory({ path: "/srv/m", absent: true })]);
  t.regex(
    refused.error?.message ?? "",
    /blocked: \/srv\/m is not removed, since \/srv\/m\/in below it is a mount point/,
  );
  t.is(await stdout("cat /srv/m/in/data"), "data\n");
  await site.host.exec("umount /srv/m/in");
  await prove(t, site, [directory({ path: "/srv/m", absent: true }), directory({ path: "/srv/m x", absent: true })]);
});

test.serial("symlinks are made, kept, changed and removed", async (t) => {
  await site.host.exec(
    "mkdir -p /srv/releases/1 /srv/releases/2; echo one >/srv/releases/1/v; echo two >/srv/releases/2/v",
  );
  await prove(t, site, [
    symlink({ path: "/srv/current", target: "releases/1" }),
    symlink({ path: "/srv/odd name", target: "/no where/$HOME *" }),
  ]);
  t.is(await stdout("cat /srv/current/v; readlink '/srv/odd name'"), "one\n/no where/$HOME *\n");
  await prove(t, site, [symlink({ path: "/srv/current", target: "releases/2" })]);
  t.is(await stdout("cat /srv/current/v; ls -A /srv/releases/1"), "two\nv\n");
  await site.host.exec("ln -sfn \"$(printf 'a\\nb')\" /srv/current");
  await prove(t, site, [
    symlink({ path: "/srv/current", target: "releases/1" }),
    symlink({ path: "/srv/odd name", absent: true }),
  ]);
  t.is(await stdout("readlink /srv/current; ls /srv"), "releases/1\ncurrent\nreleases\n");
});

test.serial("a file or directory gives way to a symlink only by force", async (t) => {
  await site.host.exec("mkdir -p /srv/full; echo x >/srv/full/x; echo x >/srv/plain");
  const refused = await converge(site.lab, site.host, [symlink({ path: "/srv/full", target: "/tmp" })]);
  t.regex(refused.error?.message ?? "", /\/srv\/full is a directory; force: true replaces it with all that is in it/);
  await prove(t, site, [
    symlink({ path: "/srv/full", target: "/tmp", force: true }),
    symlink({ path: "/srv/plain", target: "/tmp", force: true }),
  ]);
  t.is(await stdout("readlink /srv/full /srv/plain; ls -A /srv | grep -c hostwright"), "/tmp\n/tmp\n0\n");
});

test.serial("check knows what lies behind a symlink that will be set", async (t) => {
  await site.host.exec("ln -sfn releases/1 /srv/current");
  const tasks = [
    symlink({ path: "/srv/current", target: "releases/2" }),
    file({ path: "/srv/current/v", content: "one\n" }),
    directory({ path: "/srv/releases/2" }),
  ];
  const { results } = await converge(site.lab, site.host, tasks, { check: true });
  t.deepEqual(statuses(results), ["would-change", "unknown", "ok"]);
  t.is(results[1]?.reason, "unknown until symlink /srv/current is applied");
});

test.serial("files are copied, small and large, text and not", async (t) => {
  const text = join(source, "motd");
  const large = join(source, "large");
  writeFileSync(text, "Grüße\n");
  const bytes = Buffer.alloc(5 * 1024 * 1024 + 7, "0123456789abcdef\0");
  writeFileSync(large, bytes);
  chmodSync(large, 0o755);
  const tasks = () => [
    copy({ source: text, path: "/srv/motd" }),
    copy({ source: pathToFileURL(large), path: "/srv/large", owner: "admin" }),
  ];
  const made = await prove(t, site, tasks());
  t.deepEqual(made.results[0]?.changes[0]?.diff, { path: "/srv/motd", before: undefined, after: "Grüße\n" });
  t.is(
    await stdout("stat -c '%a %U %s' /srv/motd /srv/large; sha256sum </srv/large; ls -A /var/lib/hostwright/stage"),
    `644 root 8\n755 admin ${bytes.length}\n${sha256(bytes)}  -\n`,
  );
  writeFileSync(text, "Hello\n");
  writeFileSync(large, Buffer.alloc(1024 * 1024 + 1, "x"));
  const changed = await prove(t, site, tasks());
  t.deepEqual(changed.results[0]?.changes[0]?.diff, { path: "/srv/motd", before: "Grüße\n", after: "Hello\n" });
  t.is(changed.results[1]?.changes[0]?.diff?.masked, "too large");
  t.is(await stdout("cat /srv/motd; tr -d x </srv/large | wc -c"), "Hello\n0\n");
});

test.serial("a tree is copied with its directories; what is there besides goes only where it is pruned", async (t) => {
  const tree = join(source, "tree");
  mkdirSync(join(tree, "sub/empty"), { recursive: true });
  writeFileSync(join(tree, "index.html"), "<p>1\n");
  writeFileSync(join(tree, "sub/run.sh"), "#!/bin/sh\n");
  chmodSync(join(tree, "sub/run.sh"), 0o700);
  symlinkSync("index.html", join(tree, "linked"));
  await prove(t, site, [copy({ source: tree, path: "/srv/www/site", group: "admin" })]);
  const listing = "cd /srv/www/site; find . -printf '%M %u:%g %p\\n' | sort -k 3";
  const made = [
    "drwxr-xr-x root:admin .",
    "-rw-r--r-- root:admin ./index.html",
    "-rw-r--r-- root:admin ./linked",
    "drwxr-xr-x root:admin ./sub",
    "drwxr-xr-x root:admin ./sub/empty",
    "-rwxr-xr-x root:admin ./sub/run.sh",
  ];
  t.is(await stdout(listing), `${made.join("\n")}\n`);
  t.is(await stdout("stat -c '%a %U:%G' /srv/www"), "755 root:root\n");

  await site.host.exec(
    "cd /srv/www/site; mkdir -p old/deep; echo x >old/deep/x; ln -s / 'a link'; chmod 0700 sub; rm linked",
  );
  writeFileSync(join(tree, "index.html"), "<p>2\n");
  const { results } = await prove(t, site, [copy({ source: tree, path: "/srv/www/site", group: "admin" })]);
  t.deepEqual(
    results[0]?.changes.map(({ what, from, to }) => [what, from, to]),
    [
      ["index.html: content", "other content", "5 bytes, 0644 root:admin"],
      ["linked: file", "absent", "5 bytes, 0644 root:admin"],
    ],
  );
  const pruned = await prove(t, site, [copy({ source: tree, path: "/srv/www/site", group: "admin", prune: true })]);
  t.deepEqual(
    pruned.results[0]?.changes.map(({ what, from, to }) => [what, from, to]),
    [["not in the source", "a link, old", "removed"]],
  );
  made[3] = "drwx------ root:admin ./sub";
  t.is(await stdout(`${listing}; ls / | grep -c etc`), `${made.join("\n")}\n1\n`);
});

test.serial("a copy of many files is one task that costs one question each way", async (t) => {
  const many = join(source, "many");
  mkdirSync(many);
  for (let at = 0; at < 40; at++) writeFileSync(join(many, `f${at}`), Buffer.alloc(600_000, `${at} `));
  const { roundTrips } = await prove(t, site, [copy({ source: many, path: "/srv/many" })]);
  t.log(`${roundTrips} round trips`);
  t.is(await stdout("ls /srv/many | wc -l; du -sb /srv/many/f39 | cut -f 1"), "40\n600000\n");
});

test.serial("a template may depend on what the host says", async (t) => {
  const password = new Secret("hunter2-template");
  const tasks = (word: string) => [
    file({ path: "/srv/version", content: `${word}\n` }),
    template({
      path: "/srv/conf",
      from: { facts: hostFacts("host"), version: textFile("/srv/version") },
      text: ({ facts, version }) => `os ${facts.os}\nversion ${version.kind === "text" ? version.text : "none\n"}`,
      validate: ["grep", "-q", "^os debian", "%s"],
    }),
    template({ path: "/srv/plain-conf", text: secretText`password ${password}\n`, mode: "0600" }),
    template({
      path: "/srv/secret-conf",
      from: { facts: hostFacts("host") },
      secrets: [password],
      text: ({ facts }) => secretText`${facts.os} ${password}\n`,
    }),
  ];
  await site.host.exec("echo 1.0 >/srv/version; echo old-secret >/srv/secret-conf");
  const made = await prove(t, site, tasks("1.0"), ["ok", "changed", "changed", "changed"]);
  t.notRegex(JSON.stringify(made), /hunter2|old-secret/);
  t.is(
    await stdout("cat /srv/conf /srv/plain-conf /srv/secret-conf"),
    "os debian\nversion 1.0\npassword hunter2-template\ndebian hunter2-template\n",
  );
  // It is planned again once the file that it depends on is written.
  const applied = await converge(site.lab, site.host, tasks("1.1"));
  t.is(applied.error, undefined);
  t.is(await stdout("cat /srv/conf"), "os debian\nversion 1.1\n");
  await site.host.exec("sed -i s/version/wersion/ /srv/conf");
  const mended = await prove(t, site, tasks("1.1"), ["ok", "changed", "ok", "ok"]);
  const diff = mended.results.find(({ ref }) => ref.subject === "/srv/conf")?.changes[0]?.diff;
  t.deepEqual(diff, { path: "/srv/conf", before: "os debian\nwersion 1.1\n", after: "os debian\nversion 1.1\n" });
});
