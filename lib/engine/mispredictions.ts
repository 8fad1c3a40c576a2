import { isDeepStrictEqual } from "node:util";
import { answerOf } from "./answers.ts";
import type { TaskRef } from "./events.ts";
import type { Records, Step } from "./frame.ts";
import { type Read, readId } from "./read.ts";

/** A prediction that did not come true: a defect of the task that made it. */
export interface Misprediction {
  readonly ref: TaskRef;
  readonly read: string;
  readonly predicted: unknown;
  readonly actual: unknown;
}

/** Predictions of the steps that ran against what was read at their end; the last one for a read counts. */
export function wrongPredictions(ran: readonly Step[], records: Records): readonly Misprediction[] {
  const last = new Map<string, { ref: TaskRef; read: Read<unknown>; answer: unknown }>();
  for (const { entry, changes } of ran) {
    for (const prediction of changes.flatMap((change) => change.predicts)) {
      if (prediction.kind === "unknown-where") continue;
      const id = readId(prediction.read);
      if (prediction.kind === "unknown") last.delete(id);
      else last.set(id, { ref: entry.ref, read: prediction.read, answer: prediction.answer });
    }
  }
  return [...last].flatMap(([id, { ref, read, answer }]): Misprediction[] => {
    if (!records.has(id)) return [];
    const actual = answerOf(read, records);
    if (isDeepStrictEqual(actual, answer)) return [];
    return [{ ref, read: `${read.kind.name} ${read.key}`, predicted: answer, actual }];
  });
}
