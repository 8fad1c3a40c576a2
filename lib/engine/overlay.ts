import type { Peek, Prediction } from "./plan.ts";
import { type Read, readId } from "./read.ts";

/** Thrown out of a plan that looks at an answer which cannot be known before `until` is applied. */
export class Unknown extends Error {
  readonly until: string;

  constructor(until: string) {
    super(`unknown until ${until} is applied`);
    this.until = until;
  }
}

type Entry =
  | { readonly kind: "answer"; readonly order: number; readonly answer: unknown }
  | { readonly kind: "unknown"; readonly order: number; readonly until: string };

interface Taint {
  readonly order: number;
  readonly until: string;
  readonly matches: (read: Read<unknown>, answer: unknown, peek: Peek) => boolean;
}

/**
 * What pending changes are predicted to make of a host's answers: laid over what was really read, so that check mode
 * plans each task in the state in which it would meet the host.
 */
export class Overlay {
  readonly #entries = new Map<string, Entry>();
  readonly #taints: Taint[] = [];
  #order = 0;
  /** The last change or unknown task; fragile answers may hang on it. */
  #last: { readonly order: number; readonly until: string } | undefined;

  /** A change that will be applied: `label` names it in "unknown until … is applied". */
  add(label: string, predictions: readonly Prediction[]): void {
    this.#last = { order: ++this.#order, until: label };
    for (const prediction of predictions) {
      const order = ++this.#order;
      if (prediction.kind === "unknown-where") this.#taints.push({ order, until: label, matches: prediction.matches });
      else if (prediction.kind === "unknown") this.#set(prediction.read, { kind: "unknown", order, until: label });
      else this.#set(prediction.read, { kind: "answer", order, answer: prediction.answer });
    }
  }

  /** A task that could not be planned: whatever it asks about, it may change. */
  addUnknown(until: string, reads: readonly Read<unknown>[]): void {
    this.#last = { order: ++this.#order, until };
    for (const read of reads) this.#set(read, { kind: "unknown", order: ++this.#order, until });
  }

  /**
   * The answer with all predictions laid over it.
   *
   * @throws Unknown
   */
  answer<T>(read: Read<T>, actual: <U>(read: Read<U>) => U): T {
    const entry = this.#entries.get(readId(read));
    if (entry?.kind === "unknown") throw new Unknown(entry.until);
    const answer = entry ? (entry.answer as T) : actual(read);
    const since = entry?.order ?? 0;
    if (read.kind.fragile && this.#last && this.#last.order > since) throw new Unknown(this.#last.until);
    const peek: Peek = (other) => {
      const laid = this.#entries.get(readId(other));
      if (laid) return laid.kind === "answer" ? (laid.answer as never) : undefined;
      try {
        return actual(other);
      } catch {
        return undefined;
      }
    };
    const taint = this.#taints.findLast((each) => each.order > since && each.matches(read, answer, peek));
    if (taint) throw new Unknown(taint.until);
    return answer;
  }

  #set(read: Read<unknown>, entry: Entry): void {
    this.#entries.set(readId(read), entry);
  }
}
