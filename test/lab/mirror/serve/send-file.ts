import { createReadStream, type Stats, statSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";

/** First and last byte, both included. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Answers GET and HEAD with a file: 304 if the client has it, 206 for a range of it. False if there is no such file.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#name-range-requests
 */
export async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  file: string,
  headers: Readonly<Record<string, string>>,
): Promise<boolean> {
  const stats = statOf(file);
  if (!stats?.isFile()) return false;
  const modified = Math.floor(stats.mtimeMs / 1000) * 1000;
  const common = { ...headers, "Accept-Ranges": "bytes", "Last-Modified": new Date(modified).toUTCString() };
  const known = Date.parse(request.headers["if-modified-since"] ?? "");
  if (modified <= known) {
    response.writeHead(304, common).end();
    return true;
  }
  const range = rangeOf(request.headers.range, stats.size);
  if (range === "unsatisfiable") {
    response.writeHead(416, { ...common, "Content-Range": `bytes */${stats.size}` }).end();
    return true;
  }
  const { first, last } = range ?? { first: 0, last: stats.size - 1 };
  const part = range ? { "Content-Range": `bytes ${first}-${last}/${stats.size}` } : {};
  response.writeHead(range ? 206 : 200, { ...common, ...part, "Content-Length": String(last - first + 1) });
  if (request.method === "HEAD" || stats.size === 0) response.end();
  // A client that goes away in the middle is its own business.
  else
    await pipeline(createReadStream(file, { start: first, end: last, highWaterMark: 1 << 18 }), response).catch(
      () => {},
    );
  return true;
}

/** One range is understood; several, or another unit, are answered with the whole, as the standard allows. */
export function rangeOf(header: string | undefined, size: number): ByteRange | "unsatisfiable" | undefined {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? "") ?? [];
  if (from === undefined || to === undefined || (from === "" && to === "")) return undefined;
  const first = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  if (from !== "" && to !== "" && Number(to) < first) return undefined;
  return first <= last ? { first, last } : "unsatisfiable";
}

function statOf(file: string): Stats | undefined {
  return statSync(file, { throwIfNoEntry: false });
}
