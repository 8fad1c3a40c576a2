import type { Emit } from "../engine/events.ts";
import type { Arguments } from "./arguments.ts";

export interface Reporter {
  readonly listener: Emit;
  end(): void;
}

/** The report that the arguments and the terminal ask for. */
export function reporterFor(_args: Arguments): Reporter {
  return { listener: (event) => process.stdout.write(`${JSON.stringify(event)}\n`), end() {} };
}
