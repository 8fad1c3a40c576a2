import { readFileSync, realpathSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { join } from "node:path";
import type { Descriptor } from "../publish/image.ts";
import { blobFile } from "../publish/layer.ts";
import { sendFile } from "./send-file.ts";

/** What a request asks a registry for. */
export type RegistryRequest =
  | { readonly kind: "version" }
  | { readonly kind: "manifest"; readonly repository: string; readonly reference: string }
  | { readonly kind: "blob"; readonly digest: string }
  | { readonly kind: "unknown" };

const digestPattern = /^sha256:[0-9a-f]{64}$/;

/**
 * Reads the address of a request. containerd says in `ns` which registry it means, so that one mirror stands for all;
 * without it the repository's name begins with the registry's, as in `10.88.255.1:5000/registry.k8s.io/pause`.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints
 */
export function registryRequest(address: string): RegistryRequest {
  const url = URL.parse(address, "http://registry");
  if (!url) return { kind: "unknown" };
  if (/^\/v2\/?$/.test(url.pathname)) return { kind: "version" };
  const [, name, kind, last] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(url.pathname) ?? [];
  if (name === undefined || last === undefined) return { kind: "unknown" };
  const reference = decodeURIComponentOr(last);
  if (kind === "blobs")
    return digestPattern.test(reference) ? { kind: "blob", digest: reference } : { kind: "unknown" };
  const registry = url.searchParams.get("ns");
  return { kind: "manifest", repository: registry ? `${registry}/${name}` : name, reference };
}

/** Images by full name; read again when another mirror has been published. */
export function imageIndex(registry: string): () => Readonly<Record<string, Descriptor>> {
  let from: string | undefined;
  let index: Readonly<Record<string, Descriptor>> = {};
  return () => {
    const file = realpathSync(join(registry, "images.json"));
    if (file !== from) index = JSON.parse(readFileSync(file, "utf8")) as Record<string, Descriptor>;
    from = file;
    return index;
  };
}

/** The manifest that a tag or a digest names: a digest only if it is one of an image, whatever its repository. */
export function findManifest(
  index: Readonly<Record<string, Descriptor>>,
  repository: string,
  reference: string,
): Descriptor | undefined {
  if (digestPattern.test(reference)) return Object.values(index).find(({ digest }) => digest === reference);
  const name = `${repository}:${reference}`;
  return Object.hasOwn(index, name) ? index[name] : undefined;
}

/** A registry to pull from, over the directory that `publish` writes. */
export function createRegistry(registry: string): Server {
  const images = imageIndex(registry);
  return createServer((request, response) => {
    answer(request, response, registry, images).catch((error: Error) => {
      process.stderr.write(`${request.url}: ${error.message}\n`);
      refuse(response, 500, "UNKNOWN", "this registry is broken; its log tells more");
    });
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  registry: string,
  images: () => Readonly<Record<string, Descriptor>>,
): Promise<void> {
  response.setHeader("Docker-Distribution-Api-Version", "registry/2.0");
  if (request.method !== "GET" && request.method !== "HEAD")
    return refuse(response, 405, "UNSUPPORTED", "this registry is only for pulling");
  const asked = registryRequest(request.url ?? "/");
  if (asked.kind === "version") {
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": "2" }).end("{}");
    return;
  }
  if (asked.kind === "blob") {
    const headers = { "Content-Type": "application/octet-stream", "Docker-Content-Digest": asked.digest };
    const file = blobFile(join(registry, "blobs"), asked.digest);
    if (await sendFile(request, response, file, headers)) return;
    return refuse(response, 404, "BLOB_UNKNOWN", `no ${asked.digest} here`);
  }
  if (asked.kind === "manifest") {
    const found = findManifest(images(), asked.repository, asked.reference);
    if (found) {
      const headers = { "Content-Type": found.mediaType, "Docker-Content-Digest": found.digest };
      if (await sendFile(request, response, blobFile(join(registry, "blobs"), found.digest), headers)) return;
    }
    return refuse(response, 404, "MANIFEST_UNKNOWN", `the lab's mirror has no ${asked.repository}:${asked.reference}`);
  }
  refuse(response, 404, "NAME_INVALID", "no address of a registry");
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = JSON.stringify({ errors: [{ code, message }] });
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": String(Buffer.byteLength(body)) });
  response.end(response.req.method === "HEAD" ? undefined : body);
}

function decodeURIComponentOr(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
