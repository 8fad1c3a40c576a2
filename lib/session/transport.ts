import type { Readable, Writable } from "node:stream";

/** How a byte stream ended. A stream that was lost has neither `status` nor `signal`. */
export interface StreamEnd {
  readonly status?: number;
  readonly signal?: string;
  readonly error?: Error;
}

/** A running shell at the other end of two pipes and a half. */
export interface ByteStream {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Settles once, when the stream has ended or was lost. Never rejects. */
  readonly ended: Promise<StreamEnd>;
}

/** A way to a host: no more than "run one command line there and give me its pipes". */
export interface Transport {
  /** For messages: `ssh admin@10.0.0.11:22`. */
  readonly name: string;
  /** @throws ConnectionError when the host cannot be reached or refuses the login */
  open(commandLine: string): Promise<ByteStream>;
  close(): void;
}
