import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import test, { type ExecutionContext } from "ava";
import { run } from "../../../lab/command.ts";
import { archiveIndex, writeArchive } from "../../../lab/mirror/publish/archive.ts";
import { type Image, imageConfig, type Layer, writeImage } from "../../../lab/mirror/publish/image.ts";
import { merged } from "../../../lab/mirror/publish/images.ts";
import { packLayer } from "../../../lab/mirror/publish/layer.ts";

const layer: Layer = {
  diffId: `sha256:${"a".repeat(64)}`,
  descriptor: { mediaType: "application/vnd.oci.image.layer.v1.tar+zstd", digest: `sha256:${"b".repeat(64)}`, size: 7 },
};
const image: Image = {
  names: ["registry.k8s.io/pause:3.10.2"],
  layers: [layer],
  entrypoint: ["/pause"],
  user: "65535",
};

test("an image's configuration has its layers unpacked, and no time", (t) => {
  t.deepEqual(imageConfig(image, "x64"), {
    architecture: "amd64",
    os: "linux",
    config: {
      Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
      WorkingDir: "/",
      Entrypoint: ["/pause"],
      User: "65535",
    },
    rootfs: { type: "layers", diff_ids: [layer.diffId] },
  });
});

test("an image's manifest is a blob under its digest, and the same image is the same blob", (t) => {
  const { blobs } = directories(t);
  const manifest = writeImage(image, blobs);
  t.deepEqual(writeImage({ ...image }, blobs), manifest);
  t.is(readdirSync(join(blobs, "sha256")).length, 2);
  const written = JSON.parse(readFileSync(join(blobs, ...manifest.digest.split(":")), "utf8"));
  t.deepEqual(written.layers, [layer.descriptor]);
  t.is(written.mediaType, manifest.mediaType);
  t.is(written.config.mediaType, "application/vnd.oci.image.config.v1+json");
});

test("the same files are the same layer, whoever made them and when", async (t) => {
  const { dir, blobs, work } = directories(t);
  const files = {
    first: { "usr/bin/a": "one", "usr/bin/b": "two" },
    second: { "usr/bin/b": "two", "usr/bin/a": "one" },
  };
  const layers: Layer[] = [];
  for (const [name, content] of Object.entries(files)) {
    const root = join(dir, name);
    mkdirSync(join(root, "usr/bin"), { recursive: true, mode: name === "first" ? 0o700 : 0o755 });
    for (const [path, text] of Object.entries(content))
      writeFileSync(join(root, path), text, { mode: name === "first" ? 0o600 : 0o644 });
    await run("touch", ["-d", name === "first" ? "2001-01-01" : "2002-02-02", join(root, "usr/bin/a")]);
    layers.push(await packLayer({ directory: root }, blobs, work));
  }
  const [first, second] = layers;
  t.deepEqual(first, second);
  t.is(readdirSync(join(blobs, "sha256")).length, 1);
});

test("a layer larger than a pipe is the same every time", async (t) => {
  const { dir, blobs, work } = directories(t);
  const lines = Array.from({ length: 300_000 }, (_, i) => `${(i * 7919) % 104729}\n`);
  writeFileSync(join(dir, "program"), lines.join(""));
  const digests = new Set<string>();
  for (let i = 0; i < 5; i++) {
    const { descriptor } = await packLayer({ files: { program: join(dir, "program") } }, blobs, work);
    digests.add(descriptor.digest);
  }
  t.is(digests.size, 1);
});

test("a layer of files has them where they shall be, links as links, root's and readable", async (t) => {
  const { dir, blobs, work } = directories(t);
  writeFileSync(join(dir, "program"), "#!/bin/sh\n", { mode: 0o700 });
  const files = {
    "usr/local/bin/kubernetes": join(dir, "program"),
    "usr/local/bin/kube-proxy": { link: "kubernetes" },
  };
  const { descriptor } = await packLayer({ files }, blobs, work);
  const packed = readFileSync(join(blobs, ...descriptor.digest.split(":")));
  t.is(packed.length, descriptor.size);
  writeFileSync(join(dir, "layer.tar"), zstdDecompressSync(packed));
  const listed = await run("tar", ["-tvf", join(dir, "layer.tar"), "--numeric-owner", "--utc", "--full-time"]);
  const lines = listed
    .trim()
    .split("\n")
    .map((line) => line.replace(/ +/g, " "));
  t.deepEqual(lines.slice(-2), [
    "lrwxr-xr-x 0/0 0 1970-01-01 00:00:00 ./usr/local/bin/kube-proxy -> kubernetes",
    "-rwxr-xr-x 0/0 10 1970-01-01 00:00:00 ./usr/local/bin/kubernetes",
  ]);
});

test("an archive has the images' blobs once, and names them as containerd reads it", async (t) => {
  const { dir, blobs, work } = directories(t);
  writeFileSync(join(dir, "pause"), "");
  const shared = await packLayer({ files: { pause: join(dir, "pause") } }, blobs, work);
  const images = ["a.example/x:1", "b.example:5000/y:2"].map((name) => {
    const image = { names: [name], layers: [shared], entrypoint: [name] };
    return { image, manifest: writeImage(image, blobs) };
  });
  await writeArchive(join(dir, "images.tar"), images, blobs, work);
  const names = (await run("tar", ["-tf", join(dir, "images.tar")])).trim().split("\n");
  t.is(names.filter((name) => name.startsWith("blobs/sha256/") && !name.endsWith("/")).length, 5);
  t.true(names.includes("oci-layout") && names.includes("index.json"));
  t.like(archiveIndex(images), {
    manifests: [
      { annotations: { "io.containerd.image.name": "a.example/x:1", "org.opencontainers.image.ref.name": "1" } },
      { annotations: { "io.containerd.image.name": "b.example:5000/y:2", "org.opencontainers.image.ref.name": "2" } },
    ],
  });
});

test("an image that two releases ask for is made once, for the archives of both", (t) => {
  const of = (archive: string) => ({ names: ["registry.k8s.io/pause:3.10.2"], layers: ["pause"], archives: [archive] });
  t.deepEqual(merged([of("kubernetes-v1.35.4"), of("kubernetes-v1.36.4")]), [
    { ...of(""), archives: ["kubernetes-v1.35.4", "kubernetes-v1.36.4"] },
  ]);
});

function directories(t: ExecutionContext): { dir: string; blobs: string; work: string } {
  const dir = mkdtempSync(join(tmpdir(), "hostwright-mirror-"));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const [blobs, work] = [join(dir, "blobs"), join(dir, "work")];
  mkdirSync(join(blobs, "sha256"), { recursive: true });
  mkdirSync(work);
  return { dir, blobs, work };
}
