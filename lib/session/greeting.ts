import { LineSplitter } from "./demux.ts";

/** The loop is there: the user that it runs as, and what follows its ready line, to the byte. */
export interface Ready {
  readonly uid: string;
  readonly rest: Buffer;
}

/** What bootstrap prints as root, before the loop is read. */
const AS_ROOT = "hostwright";

/** Passes over whatever a login prints before the loop's `TOKEN ready UID PID`: a banner, a `.bashrc` that prints. */
export class Greeting {
  readonly #mark: string;
  readonly #lines = new LineSplitter();
  readonly #passed: string[] = [];

  constructor(token: string) {
    this.#mark = `${token} ready `;
  }

  /** The lines that came instead of it, bootstrap's own word left out. */
  get passed(): readonly string[] {
    return this.#passed;
  }

  /** Takes a chunk of stdout; answers when it completes the ready line. */
  push(chunk: Buffer): Ready | undefined {
    const lines = this.#lines.push(chunk);
    const at = lines.findIndex((line) => line.startsWith(this.#mark));
    this.#passed.push(...(at < 0 ? lines : lines.slice(0, at)).filter((line) => line !== AS_ROOT));
    const ready = lines[at];
    if (ready === undefined) return undefined;
    // Where the line began in an earlier chunk, it ends with the first newline of this one.
    const end = chunk.indexOf(10, Math.max(0, chunk.indexOf(this.#mark)));
    return { uid: ready.split(" ")[2] ?? "", rest: chunk.subarray(end + 1) };
  }
}
