import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import type { Task } from "../../../lib/engine/task.ts";
import { UsageError } from "../../../lib/errors.ts";
import { sourcesText } from "../../../lib/tasks/apt-source.ts";
import { containerdImage, parseImageLine } from "../../../roles/kubernetes-packages/containerd-image.ts";
import { fullName, imagesIn, imagesOf } from "../../../roles/kubernetes-packages/image-archive.ts";
import { kubernetesPackages } from "../../../roles/kubernetes-packages/index.ts";
import { loadImages } from "../../../roles/kubernetes-packages/load-images.ts";
import { answersIn } from "../reads/_split.ts";
import { commandsOf, given, planOf, shown } from "../tasks/_plan.ts";

const folder = mkdtempSync(join(tmpdir(), "hostwright-images-"));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

const KEY = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDME\n-----END PGP PUBLIC KEY BLOCK-----";
const keyFile = join(folder, "key.asc");
writeFileSync(keyFile, `${KEY}\n`);

/** A tar archive as GNU tar makes it. */
function archive(name: string, files: Readonly<Record<string, string>>): string {
  const source = join(folder, `${name}.d`);
  mkdirSync(join(source, "blobs"), { recursive: true });
  writeFileSync(join(source, "blobs", "aaaa"), Buffer.alloc(3000, 1));
  for (const [path, text] of Object.entries(files)) writeFileSync(join(source, path), text);
  const tar = join(folder, name);
  execFileSync("tar", ["-C", source, "-cf", tar, "."]);
  return tar;
}

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const PAUSE = { "io.containerd.image.name": "registry.k8s.io/pause:3.10.2" };
const INDEX = JSON.stringify({ schemaVersion: 2, manifests: [{ digest: digest("a"), annotations: PAUSE }] });
const oci = archive("oci.tar", { "index.json": INDEX, "oci-layout": '{"imageLayoutVersion":"1.0.0"}' });

const named = (tasks: readonly Task[]) => tasks.map(({ name, subject }) => `${name} ${subject}`);
const refusal = (input: object) =>
  messageOf(() => kubernetesPackages(input as Parameters<typeof kubernetesPackages>[0]));

function messageOf(work: () => unknown): string {
  try {
    work();
    return "";
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}

test("the role: key and source, what is needed besides, packages held, crictl", (t) => {
  t.deepEqual(named(kubernetesPackages({ version: "1.36.4" }).tasks), [
    "apt ca-certificates curl",
    "directory /etc/apt/keyrings",
    "command signing key from https://pkgs.k8s.io/core:/stable:/v1.36/deb/Release.key",
    "file /etc/apt/sources.list.d/kubernetes.list",
    "file /etc/apt/sources.list.d/kubernetes.sources",
    "apt conntrack ethtool iptables socat",
    "apt kubelet=1.36.4-* kubeadm=1.36.4-* kubectl=1.36.4-* cri-tools=1.36.*",
    "file /etc/crictl.yaml",
  ]);
});

test("during an upgrade kubeadm goes ahead; a key that is given needs no curl", (t) => {
  const role = kubernetesPackages({
    version: "1.37.0",
    repository: "http://10.0.0.1/k8s/{minor}/",
    key: { file: keyFile },
    packages: ["kubeadm"],
    dependencies: [],
    images: [oci],
  });
  t.deepEqual(named(role.tasks), [
    "directory /etc/apt/keyrings",
    "file /etc/apt/keyrings/kubernetes-v1.37.asc",
    "file /etc/apt/sources.list.d/kubernetes.list",
    "file /etc/apt/sources.list.d/kubernetes.sources",
    "apt kubeadm=1.37.0-*",
    "file /etc/crictl.yaml",
    "loadImages oci.tar",
  ]);
});

const refused: readonly [string, object, RegExp][] = [
  ["a version that is a minor", { version: "1.36" }, /version: has to be a release of Kubernetes/],
  ["a repository by http whose key would come the same way", { repository: "http://a/v{minor}/" }, /key: is needed/],
  ["a key by http without its digest", { key: { url: "http://a/Release.key" } }, /key: needs its sha256/],
  ["a key that is not armored", { key: "mDME" }, /key: has to be an armored public key/],
  ["a key file that is not there", { key: { file: "/none" } }, /key: cannot be taken from \/none: ENOENT/],
  ["a file that is no key", { key: { file: oci } }, /has to be an armored public key/],
  ["a repository with a password in it", { repository: "https://a:b@c/" }, /repository: must not have credentials/],
  ["a repository that is no URL", { repository: "mirror" }, /repository: has to be a URL/],
  ["an archive that is not there", { images: ["/none.tar"] }, /archive: cannot be loaded: ENOENT/],
  [
    "an archive that is no tar",
    { images: [keyFile] },
    /archive: cannot be loaded: .* (is no uncompressed tar|names no image)/,
  ],
];

for (const [title, change, expected] of refused) {
  test(`the role refuses ${title}`, (t) => t.regex(refusal({ version: "1.36.4", ...change }), expected));
}

test("a fetched key is checked before it takes its place, by digest where that is given", (t) => {
  const key = (input: object) =>
    kubernetesPackages({ version: "1.36.4", key: { url: "https://a/key", ...input } }).tasks[2];
  const plain = key({});
  t.is(plain?.reads[0]?.kind.name, "path");
  const pinned = key({ sha256: "b".repeat(64) });
  t.is(pinned?.reads[0]?.kind.name, "file-digest");
  if (!pinned?.reads[0]) return t.fail();
  const [text = ""] = commandsOf(planOf(pinned, [[pinned.reads[0], undefined]]));
  t.regex(text, /curl -fsSL [^\n]*\n.*no armored key[^\n]*\n.*sha256sum -c[^\n]*\nchmod 0644[^\n]*\nmv -f /s);
  t.is(shown(planOf(pinned, [[pinned.reads[0], "b".repeat(64)]])).split(":", 1)[0], "converged");
});

test("an entry for apt, flat or with components", (t) => {
  const source = { url: "https://a/deb/", suite: "/", components: [], keyFile: "/etc/apt/keyrings/a.asc" };
  t.is(
    sourcesText(source),
    "# Written by Hostwright. Changes made here are undone by its next run.\nTypes: deb\nURIs: https://a/deb/\nSuites: /\nSigned-By: /etc/apt/keyrings/a.asc\n",
  );
  t.regex(
    sourcesText({ ...source, suite: "any", components: ["main", "x"] }),
    /Suites: any\nComponents: main x\nSigned/,
  );
});

test("images of an OCI layout have digests, those of docker save have none", (t) => {
  t.deepEqual(imagesIn(oci), [{ name: "registry.k8s.io/pause:3.10.2", digest: digest("a") }]);
  const manifest = '[{"Config":"x","RepoTags":["busybox:stable","quay.io/a/b:1"],"Layers":[]},{"RepoTags":null}]';
  const saved = archive("saved.tar", { "manifest.json": manifest });
  t.deepEqual(imagesIn(saved), [
    { name: "docker.io/library/busybox:stable", digest: undefined },
    { name: "quay.io/a/b:1", digest: undefined },
  ]);
});

test("an index whose images have only tags gives way to the manifest", (t) => {
  const index = '{"manifests":[{"digest":"sha256:1","annotations":{"org.opencontainers.image.ref.name":"stable"}}]}';
  t.deepEqual(imagesOf(index, '[{"RepoTags":["a/b:1"]}]'), [{ name: "docker.io/a/b:1", digest: undefined }]);
  t.deepEqual(imagesOf(index, undefined), []);
  const full = index.replace('"stable"', '"ghcr.io/a/b:1"');
  t.deepEqual(imagesOf(full, undefined), [{ name: "ghcr.io/a/b:1", digest: "sha256:1" }]);
});

test("an archive without any image is refused", (t) => {
  t.throws(() => imagesIn(archive("empty.tar", {})), { message: /names no image/ });
});

for (const [tag, expected] of [
  ["busybox:stable", "docker.io/library/busybox:stable"],
  ["a/b:1", "docker.io/a/b:1"],
  ["localhost/b:1", "localhost/b:1"],
  ["host:5000/b:1", "host:5000/b:1"],
] as const) {
  test(`${tag} is ${expected}`, (t) => t.is(fullName(tag), expected));
}

// As ctr of containerd 1.6.20 prints it.
const LISTED =
  "REF                          TYPE                                       DIGEST                                                                  SIZE      PLATFORMS   LABELS\n" +
  `registry.k8s.io/pause:3.10.2 application/vnd.oci.image.manifest.v1+json ${digest("a")} 314.6 KiB linux/amd64 io.cri-containerd.image=managed\n`;

test("what containerd has is told by name, one ctr for all", (t) => {
  const bin = join(folder, "bin");
  mkdirSync(bin);
  writeFileSync(join(folder, "listed"), LISTED);
  writeFileSync(join(bin, "ctr"), `#!/bin/sh\ncat ${folder}/listed\n`, { mode: 0o755 });
  const reads = ["registry.k8s.io/pause:3.10.2", "registry.k8s.io/pause:3.10"].map((name) => containerdImage(name));
  const [read] = reads;
  if (!read) return t.fail();
  const keys = reads.map(({ key }) => key).sort();
  const ask = (path: string) => {
    const text = read.kind.ask(keys).parts.join("");
    return answersIn(read.kind, keys, execFileSync("/bin/sh", ["-c", text], { env: { PATH: path } }).toString());
  };
  t.deepEqual(ask(`${bin}:/usr/bin:/bin`), { answers: [undefined, digest("a")], whole: true });
  t.deepEqual(ask("/usr/bin:/bin"), { answers: [undefined, undefined], whole: true });
});

test("a line that is no image is none", (t) => t.is(parseImageLine("-\n"), undefined));

const task = loadImages({ archive: oci });
const image = containerdImage("registry.k8s.io/pause:3.10.2");

for (const [title, found, expected] of [
  ["is there", digest("a"), "converged: its image is there"],
  ["is missing", undefined, "registry.k8s.io/pause:3.10.2: absent -> out of oci.tar"],
  ["is another", digest("b"), "registry.k8s.io/pause:3.10.2: absent or another image -> out of oci.tar"],
] as const) {
  test(`an image that ${title}`, (t) => t.is(shown(planOf(task, [given(image, found)])), expected));
}

test("an archive travels on standard input", (t) => {
  t.regex(
    commandsOf(planOf(task, [given(image, undefined)])).join(),
    /^printf <\d+ bytes> \| ctr -n k8s\.io images import -$/,
  );
});
