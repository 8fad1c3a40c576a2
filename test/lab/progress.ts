/** Where the lab tells what it does: `step` is a line to keep, `live` what it is busy with just now. */
export interface Progress {
  step(text: string): void;
  live(text: string): void;
}

export const silent: Progress = { step() {}, live() {} };

/** On a terminal the live line is overwritten in place; elsewhere it is printed at most every ten seconds. */
export function terminalProgress(out: NodeJS.WriteStream, now: () => number = () => performance.now()): Progress {
  let shown = false;
  let lastPrinted = now();
  const clear = () => {
    if (shown) out.write("\r\x1b[K");
    shown = false;
  };
  return {
    step(text) {
      clear();
      out.write(`${text}\n`);
      lastPrinted = now();
    },
    live(text) {
      if (out.isTTY) {
        clear();
        out.write(`  ${text}`.slice(0, (out.columns ?? 80) - 1));
        shown = true;
      } else if (now() - lastPrinted > 10_000) {
        out.write(`  ${text}\n`);
        lastPrinted = now();
      }
    },
  };
}
