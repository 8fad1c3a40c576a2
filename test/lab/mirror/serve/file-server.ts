import { createServer, type Server } from "node:http";
import { extname, join } from "node:path";
import { sendFile } from "./send-file.ts";

const types: Readonly<Record<string, string>> = {
  ".gz": "application/gzip",
  ".tgz": "application/gzip",
  ".yaml": "application/yaml",
  ".deb": "application/vnd.debian.binary-package",
  ".tar": "application/x-tar",
};

/** Serves the files of a directory: repositories, charts, archives. */
export function createFileServer(directory: string): Server {
  return createServer(async (request, response) => {
    const path = filePath(request.url ?? "/");
    if (request.method !== "GET" && request.method !== "HEAD")
      return response.writeHead(405, { Allow: "GET, HEAD" }).end();
    const file = path === undefined ? undefined : join(directory, path);
    const type = types[extname(path ?? "")] ?? "text/plain; charset=utf-8";
    if (file !== undefined && (await sendFile(request, response, file, { "Content-Type": type }))) return;
    response.writeHead(404, { "Content-Type": "text/plain" }).end("the lab's mirror has no such file\n");
  });
}

/**
 * The file that a request means, or undefined: "..", and a slash or a NUL in disguise, are no names of ours. apt asks for
 * `./amd64/…` as the index of a flat repository has it.
 */
export function filePath(address: string): string | undefined {
  const [path = ""] = address.split("?");
  const names: string[] = [];
  for (const part of path.split("/")) {
    const name = decoded(part);
    if (name === undefined || name === ".." || /[/\0]/.test(name)) return undefined;
    if (name !== "" && name !== ".") names.push(name);
  }
  return path.startsWith("/") && names.length > 0 ? names.join("/") : undefined;
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
