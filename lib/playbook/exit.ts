import { InventoryError, UsageError } from "../errors.ts";

/** What a playbook's process ends with. */
export const ExitCode = {
  done: 0,
  failed: 1,
  changed: 2,
  usage: 3,
  unreachable: 4,
  interrupted: 130,
} as const;

/** A mistake that costs no connection: one message, and the exit code for it. Anything else is thrown on. */
export function refuse(error: unknown, exit: boolean): never {
  const mistake = error instanceof UsageError || error instanceof InventoryError;
  if (!exit || !mistake) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(ExitCode.usage);
}
