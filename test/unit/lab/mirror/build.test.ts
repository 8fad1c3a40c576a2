import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { packagesToInstall } from "../../../lab/mirror/debian-packages.ts";
import { goEnvironment, isUsableGo } from "../../../lab/mirror/go.ts";
import { type GoRecipe, wrapperModule } from "../../../lab/mirror/go-program.ts";
import { BuildLog } from "../../../lab/mirror/logged.ts";
import { damage, difference, writeManifest } from "../../../lab/mirror/manifest.ts";
import { digestOf, partDirectory } from "../../../lab/mirror/part.ts";
import { allParts, kubernetes } from "../../../lab/mirror/parts.ts";
import { mirrorUrls } from "../../../lab/mirror/places.ts";
import { tooLittleRoom } from "../../../lab/mirror/prepare.ts";
import { releaseOptions } from "../../../lab/mirror/publish/apt-repository.ts";
import { controlFile } from "../../../lab/mirror/publish/deb.ts";
import { kubernetesPackages } from "../../../lab/mirror/publish/packages.ts";
import { kubernetesReleases } from "../../../lab/mirror/versions.ts";

const recipe: GoRecipe = {
  name: "kubernetes",
  version: "1.36.4",
  modules: { "k8s.io/kubernetes": "v1.36.4" },
  packages: ["."],
};

test("what upstream has in its own tree is taken as it was published", (t) => {
  const upstream = {
    Go: "1.26.0",
    Require: [
      { Path: "k8s.io/api", Version: "v0.0.0" },
      { Path: "k8s.io/klog/v2", Version: "v2.130.1" },
    ],
    Replace: [{ Old: { Path: "k8s.io/api" }, New: { Path: "./staging/src/k8s.io/api" } }],
  };
  t.is(
    wrapperModule({ ...recipe, staging: "v0.36.4" }, upstream),
    `module hostwright.lab/kubernetes

go 1.26.0

require (
\tk8s.io/kubernetes v1.36.4
)

replace (
\tk8s.io/api => k8s.io/api v0.36.4
)
`,
  );
});

test("replacements that name versions are taken over, with the version they are for", (t) => {
  const Replace = [
    { Old: { Path: "a.example/x", Version: "v1.0.0" }, New: { Path: "b.example/x", Version: "v1.0.1" } },
    { Old: { Path: "c.example/y" }, New: { Path: "c.example/y", Version: "v2.0.0" } },
    { Old: { Path: "d.example/z" }, New: { Path: "../z" } },
  ];
  const text = wrapperModule(recipe, { Go: "1.25", Require: null, Replace });
  t.regex(
    text,
    /\nreplace \(\n\ta\.example\/x v1\.0\.0 => b\.example\/x v1\.0\.1\n\tc\.example\/y => c\.example\/y v2\.0\.0\n\)\n$/,
  );
});

test("an old module, or none, is wrapped in one that prunes what it does not need", (t) => {
  t.regex(wrapperModule(recipe, { Go: "1.14" }), /\ngo 1\.24\n/);
  t.regex(wrapperModule(recipe, { Go: "1.20.1" }), /\ngo 1\.24\n/);
  t.regex(wrapperModule(recipe, { Go: "1.21" }), /\ngo 1\.21\n/);
  t.is(wrapperModule({ ...recipe, name: "pause", modules: {} }, {}), "module hostwright.lab/pause\n\ngo 1.24\n");
});

const versions: [string, string, string, boolean][] = [
  ["the version itself", "go1.26.0", "local", true],
  ["a newer patch", "go1.26.8", "local", true],
  ["a newer minor", "go1.27", "local", true],
  ["one too old that may fetch another", "go1.21.3", "auto", true],
  ["one too old that may fetch another than it names", "go1.24.0", "go1.24.0+auto", true],
  ["one too old that may not", "go1.25.9", "local", false],
  ["one too old to know how", "go1.19.8", "auto", false],
  ["a release candidate of the version", "go1.26rc1", "local", false],
  ["no version", "", "", false],
];
for (const [title, version, toolchain, expected] of versions)
  test(`Go: ${title}`, (t) => t.is(isUsableGo(version, toolchain), expected));

test("a build sees of the machine only how modules are had", (t) => {
  const machine = {
    GOPROXY: "https://proxy.example",
    GOFLAGS: "-x",
    https_proxy: "http://p:1",
    GOCACHE: "/home/me",
    SECRET: "x",
  };
  const env = goEnvironment(machine, "/var/cache/m");
  t.like(env, { GOPROXY: "https://proxy.example", GOFLAGS: "-x", https_proxy: "http://p:1", CGO_ENABLED: "0" });
  t.deepEqual([env.GOCACHE, env.GOMODCACHE], ["/var/cache/m/build", "/var/cache/m/mod"]);
  t.false("SECRET" in env);
});

test("apt's simulation says what would be installed", (t) => {
  const said = `Reading package lists...
Inst gcc-14-base (14.2.0-19 Debian:13.1/stable [amd64])
Inst libc6 (2.41-12 Debian:13.1/stable [amd64]) []
Inst nftables (1.1.3-1 Debian:13.1/stable [amd64])
Conf nftables (1.1.3-1 Debian:13.1/stable [amd64])
`;
  t.deepEqual(packagesToInstall(said), ["gcc-14-base", "libc6", "nftables"]);
  t.deepEqual(packagesToInstall("E: Unable to locate package x\n"), []);
});

test("a part is known by its recipe: other flags, other part", (t) => {
  const [release] = kubernetesReleases;
  if (!release) return t.fail();
  const part = kubernetes(release);
  t.regex(partDirectory(part), /\/parts\/kubernetes-1\.36\.4-[0-9a-f]{12}$/);
  t.not(partDirectory({ ...part, recipe: { ...recipe, flags: [] } }), partDirectory(part));
  t.is(digestOf({ a: 1 }), digestOf({ a: 1 }));
  const names = allParts().map(({ name }) => name);
  t.is(new Set(names).size, names.length);
});

test("a directory that was written down is as it was, or is told what differs", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "hostwright-mirror-"));
  t.teardown(() => rmSync(dir, { recursive: true }));
  mkdirSync(join(dir, "bin"));
  writeFileSync(join(dir, "bin/kubernetes"), "program");
  symlinkSync("kubernetes", join(dir, "bin/kubelet"));
  t.is(await damage(dir), "it has no manifest");
  await writeManifest(dir);
  t.is(await damage(dir), undefined);
  writeFileSync(join(dir, "bin/more"), "");
  t.is(await damage(dir), "bin/more does not belong to it");
  rmSync(join(dir, "bin/more"));
  writeFileSync(join(dir, "bin/kubernetes"), "progrbm");
  t.is(await damage(dir), "bin/kubernetes has another content");
  rmSync(join(dir, "bin/kubelet"));
  symlinkSync("other", join(dir, "bin/kubelet"));
  t.is(
    difference({ "bin/kubelet": "-> kubernetes" }, { "bin/kubelet": "-> other" }),
    "bin/kubelet has another content",
  );
  t.is(difference({ a: "1" }, {}), "a is missing");
});

test("a build that fails says its last lines and where the others are, and sees no environment but its own", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "hostwright-mirror-"));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const heard: string[] = [];
  const log = new BuildLog(join(dir, "logs/x.log"), (line) => heard.push(line));
  const place = { cwd: dir, env: { PATH: "/usr/bin:/bin", A: "1" } };
  t.is(await log.run("sh", ["-c", 'echo "$A$HOME"; echo building >&2'], place), "1\n");
  t.deepEqual(heard, ["building"]);
  const error = await t.throwsAsync(log.run("sh", ["-c", "seq 20 >&2; exit 3"], { ...place, what: "go build" }));
  t.regex(error.message, /^go build ended with 3:\n {2}9\n[\d\n ]+\n {2}20\nAll of it: .*\/logs\/x\.log$/);
  await t.throwsAsync(log.run("sh", ["-c", "kill -9 $$"], place), { message: /^sh ended with signal SIGKILL/ });
});

test("too little room is said with numbers", (t) => {
  t.is(
    tooLittleRoom(3.21e9, 8e9, "/var/cache/x"),
    "the mirror needs 8.0 GB in /var/cache/x while it is built, and there are 3.2 GB; most of it is free again afterwards",
  );
});

test("packages have upstream's names, versions and dependencies", (t) => {
  const [release] = kubernetesReleases;
  if (!release) return t.fail();
  const programs = { kubernetes: "/p/kubernetes", criTools: "/p/crictl", cniPlugins: "/p", plugins: ["bridge"] };
  const debs = kubernetesPackages(release, programs);
  t.deepEqual(
    debs.map(({ name, version }) => `${name} ${version}`),
    [
      "kubernetes-programs-1.36.4 1.36.4-1.1",
      "kubelet 1.36.4-1.1",
      "kubeadm 1.36.4-1.1",
      "kubectl 1.36.4-1.1",
      "cri-tools 1.36.0-1.1",
      "kubernetes-cni 1.9.1-1.1",
    ],
  );
  const kubelet = debs[1];
  if (!kubelet) return t.fail();
  const arch = process.arch === "x64" ? "amd64" : process.arch;
  t.is(
    controlFile(kubelet),
    `Package: kubelet
Version: 1.36.4-1.1
Architecture: ${arch}
Maintainer: Hostwright's lab <lab@hostwright.invalid>
Section: admin
Priority: optional
Depends: kubernetes-programs-1.36.4, kubernetes-cni (>= 1.2.0), mount, util-linux
Recommends: iptables (>= 1.8.4)
Description: Node agent for Kubernetes clusters
`,
  );
  t.deepEqual(kubelet.files["/usr/bin/kubelet"], { link: "../lib/kubernetes/1.36.4/kubernetes" });
});

test("a Release names its label and the architecture", (t) => {
  t.deepEqual(releaseOptions("core:stable:v1.36").slice(0, 4), [
    "-o",
    "APT::FTPArchive::Release::Origin=hostwright-lab",
    "-o",
    "APT::FTPArchive::Release::Label=core:stable:v1.36",
  ]);
});

test("addresses are stable, so that inventories can name them", (t) => {
  const urls = mirrorUrls();
  t.is(urls.repository("1.36"), "http://10.88.255.1:8088/core:/stable:/v1.36/deb/");
  t.is(urls.repositoryKey, "http://10.88.255.1:8088/Release.key");
  t.is(urls.helmRepository, "http://10.88.255.1:8088/helm/deb/");
  t.is(urls.charts, "http://10.88.255.1:8088/charts");
  t.is(urls.registry, "http://10.88.255.1:5000");
  t.is(urls.imageArchive("kubernetes-v1.36.4"), "http://10.88.255.1:8088/archives/kubernetes-v1.36.4.tar");
});
