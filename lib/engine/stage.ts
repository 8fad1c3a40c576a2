import { createHash } from "node:crypto";
import { CommandError } from "../errors.ts";
import type { FrameOutput } from "../session/session.ts";
import { type Content, inline, render, type Sh, sh } from "../shell/sh.ts";
import type { Step } from "./frame.ts";

/** Contents beyond this many bytes go ahead of the frame that uses them. */
const INLINE_BYTES = 1024 * 1024;

/** Root's own, on a disk: /run is memory, and /tmp may be anything. */
const STAGE = "/var/lib/hostwright/stage";

/** The ways of contents to a host. */
export interface StageLine {
  readonly host: string;
  run(text: string): Promise<FrameOutput>;
  put(path: string, bytes: Buffer): Promise<FrameOutput>;
}

/**
 * Sends large contents ahead into files that only root can read, checked by digest. Answers how a content is printed on
 * the host: from its file, which is gone after that, or out of the frame itself.
 *
 * @throws CommandError when the host has no room for them, or has something else than was sent
 */
export async function stageContents(steps: readonly Step[], line: StageLine): Promise<(content: Content) => string> {
  const large = steps
    .flatMap((step) => step.changes.flatMap((change) => change.commands.flatMap((command) => command.parts)))
    .filter((part): part is Content => typeof part !== "string" && part.bytes.length > INLINE_BYTES);
  const files = new Map<Content, string>();
  for (const content of large) files.set(content, await stage(content.bytes, line));
  return (content) => {
    const file = files.get(content);
    return file === undefined ? inline(content) : render(sh`{ cat ${file} && rm -f ${file}; }`);
  };
}

async function stage(bytes: Buffer, line: StageLine): Promise<string> {
  const digest = createHash("sha256").update(bytes).digest("hex");
  const file = `${STAGE}/${digest}`;
  await check(line, bytes, line.run(render(sh`(umask 077; mkdir -p ${STAGE}) && chmod 0700 ${STAGE}`)));
  await check(line, bytes, line.put(file, bytes));
  await check(line, bytes, line.run(render(sameDigest(file, digest))));
  return file;
}

function sameDigest(file: string, digest: string): Sh {
  return sh`[ "$(sha256sum <${file})" = ${`${digest}  -`} ] || { rm -f ${file}; false; }`;
}

async function check({ host }: StageLine, bytes: Buffer, sent: Promise<FrameOutput>): Promise<void> {
  const { status, stopped } = await sent;
  if (status === 0 && stopped === undefined) return;
  const why = stopped === undefined ? `status ${status}` : `stopped by "${stopped}"`;
  throw new CommandError(`${host}: ${bytes.length} bytes could not be brought to ${STAGE} (${why})`, { status });
}
