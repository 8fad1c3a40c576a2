import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { createFileServer, filePath } from "../../../lab/mirror/serve/file-server.ts";
import { createRegistry, findManifest, registryRequest } from "../../../lab/mirror/serve/registry.ts";
import { rangeOf } from "../../../lab/mirror/serve/send-file.ts";
import { collision } from "../../../lab/mirror/serve/start.ts";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
const type = "application/vnd.oci.image.manifest.v1+json";

const requests: [string, string, ReturnType<typeof registryRequest>][] = [
  ["the version is asked for with a slash", "/v2/", { kind: "version" }],
  ["the version is asked for without one", "/v2", { kind: "version" }],
  [
    "ns says which registry is meant",
    "/v2/coredns/coredns/manifests/v1.14.2?ns=registry.k8s.io",
    { kind: "manifest", repository: "registry.k8s.io/coredns/coredns", reference: "v1.14.2" },
  ],
  [
    "without ns the name begins with the registry",
    "/v2/registry.k8s.io/pause/manifests/3.10.2",
    { kind: "manifest", repository: "registry.k8s.io/pause", reference: "3.10.2" },
  ],
  [
    "a manifest by digest, its colon escaped",
    `/v2/pause/manifests/${digest.replace(":", "%3A")}?ns=registry.k8s.io`,
    { kind: "manifest", repository: "registry.k8s.io/pause", reference: digest },
  ],
  [
    "a repository called manifests",
    "/v2/a/manifests/manifests/1",
    { kind: "manifest", repository: "a/manifests", reference: "1" },
  ],
  ["a blob by digest", `/v2/library/busybox/blobs/${digest}?ns=docker.io`, { kind: "blob", digest }],
  ["a blob by something else", "/v2/pause/blobs/sha256:..%2f..%2fetc%2fpasswd", { kind: "unknown" }],
  ["a blob with a short digest", "/v2/pause/blobs/sha256:0123", { kind: "unknown" }],
  ["an escape that is none", "/v2/pause/blobs/%zz", { kind: "unknown" }],
  ["an upload", "/v2/pause/blobs/uploads/", { kind: "unknown" }],
  ["the root", "/", { kind: "unknown" }],
  ["no address at all", "http://[", { kind: "unknown" }],
];
for (const [title, address, expected] of requests)
  test(`registry: ${title}`, (t) => t.deepEqual(registryRequest(address), expected));

test("a manifest is found by tag only under its own name, by digest under any, and never by what objects inherit", (t) => {
  const index = { "registry.k8s.io/pause:3.10.2": { mediaType: type, digest, size: 1 } };
  t.is(findManifest(index, "registry.k8s.io/pause", "3.10.2")?.digest, digest);
  t.is(findManifest(index, "docker.io/pause", "3.10.2"), undefined);
  t.is(findManifest(index, "docker.io/pause", digest)?.digest, digest);
  t.is(findManifest(index, "registry.k8s.io/pause", digest.replace("0", "1")), undefined);
  t.is(findManifest({}, "__proto__", "x"), undefined);
});

const ranges: [string, string | undefined, ReturnType<typeof rangeOf>][] = [
  ["none", undefined, undefined],
  ["from the middle to the end", "bytes=4-", { first: 4, last: 9 }],
  ["both ends", "bytes=2-3", { first: 2, last: 3 }],
  ["an end past the file's", "bytes=2-99", { first: 2, last: 9 }],
  ["the last bytes", "bytes=-3", { first: 7, last: 9 }],
  ["more last bytes than there are", "bytes=-30", { first: 0, last: 9 }],
  ["past the end", "bytes=10-", "unsatisfiable"],
  ["no last bytes", "bytes=-0", "unsatisfiable"],
  ["backwards is ignored", "bytes=5-2", undefined],
  ["several are answered with the whole", "bytes=0-1,4-5", undefined],
  ["another unit is ignored", "lines=1-2", undefined],
  ["nothing said", "bytes=-", undefined],
];
for (const [title, header, expected] of ranges)
  test(`range: ${title}`, (t) => t.deepEqual(rangeOf(header, 10), expected));

const paths: [string, string, string | undefined][] = [
  ["a file of a repository", "/core:/stable:/v1.36/deb/Packages.gz", "core:/stable:/v1.36/deb/Packages.gz"],
  ["colons escaped", "/core%3a/stable%3A/v1.36/deb/InRelease", "core:/stable:/v1.36/deb/InRelease"],
  ["apt's dot", "/helm/deb/./amd64/helm.deb", "helm/deb/amd64/helm.deb"],
  ["a query is no part of it", "/charts/index.yaml?x=/../", "charts/index.yaml"],
  ["two slashes are one", "//charts//index.yaml", "charts/index.yaml"],
  ["a way up", "/charts/../../server.json", undefined],
  ["a way up in disguise", "/charts/%2e%2e/%2e%2e/server.json", undefined],
  ["a slash in disguise", "/charts/..%2f..%2fserver.json", undefined],
  ["a NUL", "/charts/index.yaml%00", undefined],
  ["an escape that is none", "/charts/%", undefined],
  ["the root", "/", undefined],
  ["not even a path", "charts/index.yaml", undefined],
];
for (const [title, address, expected] of paths) test(`file: ${title}`, (t) => t.is(filePath(address), expected));

test("what is in the way of the server is named", (t) => {
  const inUse = collision("listen EADDRINUSE: address already in use 10.88.255.1:5000\n");
  t.regex(inUse, /port 5000 of 10\.88\.255\.1 is taken.*ss -ltnp/);
  t.regex(collision("listen EADDRNOTAVAIL: address not available 10.88.255.1:8088\n"), /does not have 10\.88\.255\.1/);
  t.regex(collision("SyntaxError: x\n"), /does not start:\n {2}SyntaxError: x/);
});

test("the registry serves manifests and blobs, whole and in part, and nothing else", async (t) => {
  const dir = directory(t);
  const manifest = JSON.stringify({ schemaVersion: 2 });
  const name = `sha256:${createHash("sha256").update(manifest).digest("hex")}`;
  mkdirSync(join(dir, "blobs/sha256"), { recursive: true });
  writeFileSync(join(dir, "blobs", ...name.split(":")), manifest);
  const entry = { mediaType: type, digest: name, size: manifest.length };
  writeFileSync(join(dir, "images.json"), JSON.stringify({ "docker.io/library/busybox:stable": entry }));
  const ask = await started(t, createRegistry(dir));

  const found = await ask("GET", "/v2/library/busybox/manifests/stable?ns=docker.io");
  t.is(found.status, 200);
  t.is(found.body, manifest);
  t.is(found.headers["content-type"], type);
  t.is(found.headers["docker-content-digest"], name);
  const head = await ask("HEAD", `/v2/library/busybox/manifests/${name}?ns=docker.io`);
  t.deepEqual([head.status, head.headers["content-length"], head.body], [200, String(manifest.length), ""]);
  const rest = await ask("GET", `/v2/library/busybox/blobs/${name}?ns=docker.io`, { Range: "bytes=2-5" });
  t.deepEqual([rest.status, rest.body], [206, manifest.slice(2, 6)]);
  t.is(rest.headers["content-range"], `bytes 2-5/${manifest.length}`);
  const missing = await ask("GET", "/v2/library/nginx/manifests/1?ns=docker.io");
  t.is(missing.status, 404);
  t.is(JSON.parse(missing.body).errors[0].code, "MANIFEST_UNKNOWN");
  t.is((await ask("GET", `/v2/x/blobs/${digest}`)).status, 404);
  t.is((await ask("POST", "/v2/x/blobs/uploads/")).status, 405);
  t.is((await ask("GET", "/v2/")).body, "{}");
});

test("files are not sent again to who has them", async (t) => {
  const dir = directory(t);
  writeFileSync(join(dir, "Release"), "Origin: x\n");
  const ask = await started(t, createFileServer(dir));
  const first = await ask("GET", "/Release");
  t.deepEqual([first.status, first.body], [200, "Origin: x\n"]);
  const modified = String(first.headers["last-modified"]);
  t.is((await ask("GET", "/Release", { "If-Modified-Since": modified })).status, 304);
  t.is((await ask("GET", "/Release", { "If-Modified-Since": new Date(0).toUTCString() })).status, 200);
  t.is((await ask("GET", "/Release", { Range: "bytes=99-" })).status, 416);
  t.is((await ask("HEAD", "/Release")).body, "");
  t.is((await ask("GET", "/")).status, 404);
  t.is((await ask("GET", "/%2e%2e/etc/passwd")).status, 404);
  t.is((await ask("PUT", "/Release")).status, 405);
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Starts a server on any port for this test; paths go to it as they are, dots and all. */
async function started(t: ExecutionContext, server: Server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return async (method: string, path: string, headers: Record<string, string> = {}): Promise<Answer> => {
    const sent = request({ host: "127.0.0.1", port, method, path, headers: { ...headers, Connection: "close" } }).end();
    const [response] = await once(sent, "response");
    let body = "";
    for await (const chunk of response) body += chunk;
    return { status: response.statusCode, headers: response.headers, body };
  };
}

function directory(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), "hostwright-mirror-"));
  t.teardown(() => rmSync(dir, { recursive: true }));
  return dir;
}
