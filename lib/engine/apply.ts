import { ConnectionError, HostwrightError } from "../errors.ts";
import type { Deadline } from "../session/deadlines.ts";
import { lockDirectory, type RunIdentity } from "../session/lock.ts";
import { render, sh } from "../shell/sh.ts";
import { labelOf } from "./entry.ts";
import { questionsOf, type Records, readText, runText, type Step } from "./frame.ts";
import type { HostFrames } from "./host-frames.ts";
import type { Applied, Watch } from "./line.ts";
import type { Read } from "./read.ts";
import { stageContents } from "./stage.ts";

/** Lines of output that are kept for the message of a command that fails. */
const KEPT_LINES = 50;

export interface ApplyContext {
  readonly host: string;
  readonly frames: HostFrames;
  readonly run: RunIdentity;
  /** For the commands of a task whose changes name no deadline of their own. */
  readonly changeMs: number;
}

/**
 * Applies a run of steps and asks again, in one frame; contents that are too large for it go ahead.
 *
 * @throws ConnectionError when the line was lost, with the change that was in flight
 */
export async function applySteps(
  { host, frames, run, changeMs }: ApplyContext,
  steps: readonly Step[],
  records: Records,
  reads: readonly Read<unknown>[],
  watch: Watch,
): Promise<Applied> {
  const questions = questionsOf(reads);
  const byIndex = new Map(steps.map((step) => [String(step.index), step]));
  const done = new Map<Step, number>();
  const lines: string[] = [];
  let inFlight: Step | undefined;
  let begun = 0;

  const onMark = ([word, index = "", status]: readonly string[]): Deadline | undefined => {
    const step = byIndex.get(index);
    if (!step) return undefined;
    if (word === "begin") {
      inFlight = step;
      begun = performance.now();
      lines.length = 0;
      watch.started(step);
      return { name: "change", ms: ownDeadlineMs(step) ?? changeMs };
    }
    if (word !== "done") return undefined;
    inFlight = undefined;
    done.set(step, Number(status));
    if (status === "0") watch.applied(step, performance.now() - begun);
    return { name: "read", ms: frames.readMs(questions) };
  };
  const onOutput = (line: string): void => {
    lines.push(line);
    if (lines.length > KEPT_LINES) lines.shift();
    if (inFlight) watch.output(inFlight, line);
  };

  const change = { name: "change", ms: changeMs };
  const stage = {
    host,
    run: (text: string) => frames.send(text, { deadline: change, onOutput }),
    put: (path: string, bytes: Buffer) => frames.put(path, bytes, { deadline: change, onOutput }),
  };
  const place = await stageContents(steps, stage);
  const text = sh`R=${lockDirectory(run)}\n${runText(steps, records)}\n${readText(questions)}`;
  try {
    const output = await frames.send(render(text, place), { deadline: change, onMark, onOutput });
    const complete = output.status === 0 && output.stopped === undefined && inFlight === undefined;
    return {
      done,
      inFlight,
      stopped: output.stopped,
      output: lines,
      records: complete ? frames.records(output, questions, lines) : undefined,
    };
  } catch (error) {
    if (!inFlight || !(error instanceof HostwrightError)) throw error;
    const label = labelOf(inFlight.entry.ref);
    const message = `${error.message}; ${label} was in flight and its outcome is unknown: the next run reads it`;
    throw new ConnectionError(message, { cause: error, output: lines });
  }
}

/** The longest that a change of this step asks for. */
function ownDeadlineMs({ changes }: Step): number | undefined {
  const own = changes.flatMap(({ deadlineMs }) => deadlineMs ?? []);
  return own.length > 0 ? Math.max(...own) : undefined;
}
