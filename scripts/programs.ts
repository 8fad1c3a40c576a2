import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** A program's exit code is not 0, or this process was interrupted: whoever runs it ends with this code. */
export class Ended extends Error {
  override name = "Ended";
  readonly code: number;

  constructor(code: number) {
    super(`ended with code ${code}`);
    this.code = code;
  }
}

const INTERRUPTED = 130;

export interface Programs {
  /**
   * Runs a script of Node on this terminal, to its end.
   *
   * @throws Ended, when its exit code is not 0
   */
  run(words: readonly string[]): Promise<void>;
}

/**
 * Programs on this terminal, one at a time. At Ctrl-C or TERM the one that runs comes to its own end, then this process
 * ends; where none runs it ends at once.
 *
 * @param told called before the end
 */
export function programs(cwd: string, told: () => void): Programs {
  let child: ChildProcess | undefined;
  let interrupted = false;
  const leave = (): never => {
    told();
    process.exit(INTERRUPTED);
  };
  const onSignal = (signal: NodeJS.Signals) => {
    interrupted = true;
    if (!child) leave();
    // A terminal's Ctrl-C has reached the program already, and for a playbook a second one means: at once.
    else if (signal !== "SIGINT" || !isOnTerminal()) child.kill(signal);
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return {
    async run(words) {
      child = spawn(process.execPath, words, { cwd, stdio: "inherit" });
      const [code] = (await once(child, "close")) as [number | null];
      child = undefined;
      if (interrupted) leave();
      if (code !== 0) throw new Ended(code ?? 1);
    },
  };
}

function isOnTerminal(): boolean {
  return process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
}
