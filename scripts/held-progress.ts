import type { Progress } from "../test/lab/progress.ts";

/** Holds back what is told until it is released: somebody else's report is on the screen. */
export function heldProgress(out: Progress): Progress & { release(): void } {
  const steps: string[] = [];
  let released = false;
  return {
    step(text) {
      if (released) out.step(text);
      else steps.push(text);
    },
    // What is live is told again every second: the old ones are not worth keeping.
    live(text) {
      if (released) out.live(text);
    },
    release() {
      released = true;
      for (const text of steps.splice(0)) out.step(text);
    },
  };
}
