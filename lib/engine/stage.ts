import { createHash } from "node:crypto";
import { CommandError } from "../errors.ts";
import type { FrameOutput } from "../session/session.ts";
import { type Content, content, inline, render, sh } from "../shell/sh.ts";
import type { Step } from "./frame.ts";

/** Contents beyond this many bytes travel ahead of the frame that uses them. */
const INLINE_BYTES = 1024 * 1024;

/** What one frame carries of such a content. */
const CHUNK_BYTES = 3 * 1024 * 1024;

/** Root's own, on a disk: /run is memory, and /tmp may be anything. */
const STAGE = "/var/lib/hostwright/stage";

/**
 * Sends large contents ahead, piece by piece, into files that only root can read, checked by digest. Answers how a
 * content is printed on the host: from its file, which is gone after that, or out of the frame itself.
 *
 * @throws CommandError when the host has no room for them, or has something else than was sent
 */
export async function stageContents(
  steps: readonly Step[],
  send: (text: string) => Promise<FrameOutput>,
  host: string,
): Promise<(content: Content) => string> {
  const large = steps
    .flatMap((step) => step.changes.flatMap((change) => change.commands.flatMap((command) => command.parts)))
    .filter((part): part is Content => typeof part !== "string" && part.bytes.length > INLINE_BYTES);
  const files = new Map<Content, string>();
  for (const each of large) files.set(each, await stage(each.bytes, send, host));
  return (each) => {
    const file = files.get(each);
    return file === undefined ? inline(each) : render(sh`{ cat ${file} && rm -f ${file}; }`);
  };
}

async function stage(bytes: Buffer, send: (text: string) => Promise<FrameOutput>, host: string): Promise<string> {
  const digest = createHash("sha256").update(bytes).digest("hex");
  const file = `${STAGE}/${digest}`;
  const check = async (text: string) => {
    const { status } = await send(text);
    if (status !== 0) {
      throw new CommandError(`${host}: ${bytes.length} bytes could not be brought to ${STAGE} (status ${status})`, {
        status,
      });
    }
  };
  await check(render(sh`umask 077; mkdir -p ${STAGE} && : >${file}`));
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    await check(render(sh`${content(bytes.subarray(at, at + CHUNK_BYTES))} >>${file}`));
  }
  await check(render(sh`[ "$(sha256sum <${file})" = ${`${digest}  -`} ]`));
  return file;
}
