/**
 * Splits a stream into lines as they come, as bytes: a character that arrives in two chunks stays whole. A carriage
 * return ends a line too, since progress bars use it.
 */
export class LineSplitter {
  #rest: Buffer = Buffer.alloc(0);

  /** The complete lines that this chunk ends. A line longer than `longest` bytes is cut into several. */
  push(chunk: Buffer, longest = 16_384): readonly string[] {
    const data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const lines: string[] = [];
    let start = 0;
    for (let at = 0; at < data.length; at++) {
      const byte = data[at];
      if (byte !== 10 && byte !== 13 && at - start < longest) continue;
      lines.push(data.toString("utf8", start, at));
      start = byte === 10 || byte === 13 ? at + 1 : at;
    }
    this.#rest = data.subarray(start);
    return lines;
  }

  /** What has come of a line that is not complete. */
  get rest(): string {
    return this.#rest.toString("utf8");
  }
}

/** Where a frame's output ends: `\nTOKEN end STATUS\n`. */
export interface FrameEnd {
  readonly stdout: Buffer;
  readonly status: number;
}

/** Output beyond this is dropped; an answer that was cut so lacks its end, which is an error to whoever reads it. */
export const OUTPUT_CAP = 64 * 1024 * 1024;

/** Collects stdout until the mark that ends a frame, which nothing on the host can know. */
export class OutputCollector {
  readonly #mark: Buffer;
  #chunks: Buffer[] = [];
  #size = 0;
  #tail: Buffer = Buffer.alloc(0);

  constructor(token: string) {
    this.#mark = Buffer.from(`\n${token} end `);
  }

  /** Takes a chunk; answers when it completes the frame. */
  push(chunk: Buffer): FrameEnd | undefined {
    if (this.#size + chunk.length <= OUTPUT_CAP) {
      this.#chunks.push(chunk);
      this.#size += chunk.length;
    }
    const window = Buffer.concat([this.#tail, chunk]);
    const at = window.lastIndexOf(this.#mark);
    const newline = at < 0 ? -1 : window.indexOf(10, at + this.#mark.length);
    if (newline < 0) {
      this.#tail = window.subarray(Math.max(0, window.length - this.#mark.length - 8));
      return undefined;
    }
    const status = Number(window.toString("latin1", at + this.#mark.length, newline));
    const all = Buffer.concat(this.#chunks);
    const end = all.lastIndexOf(this.#mark);
    this.#chunks = [];
    this.#size = 0;
    this.#tail = Buffer.alloc(0);
    return { stdout: end < 0 ? all : all.subarray(0, end), status };
  }
}
