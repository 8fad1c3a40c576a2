/**
 * The errors that Hostwright throws. Each message names the thing and its place, what was found, what was expected
 * and what to do; `cause` keeps what lies below. `kind` lets a caller decide without `instanceof`.
 */
export type ErrorKind = "usage" | "inventory" | "connection" | "privilege" | "command" | "task" | "timeout";

export abstract class HostwrightError extends Error {
  abstract readonly kind: ErrorKind;
  /** The last lines that a command printed before it came to this, where there was one. */
  readonly output: readonly string[];

  constructor(message: string, options: ErrorOptions & { readonly output?: readonly string[] } = {}) {
    super(message, options);
    this.name = new.target.name;
    this.output = options.output ?? [];
  }
}

/** Arguments of the playbook or parameters of a role or task are not what they have to be. Nothing was connected. */
export class UsageError extends HostwrightError {
  readonly kind = "usage";
}

/** The inventory, or a variable in it, is not what it has to be. Nothing was connected. */
export class InventoryError extends HostwrightError {
  readonly kind = "inventory";
}

/** The host could not be reached, or the connection to it was lost: the host is *unreachable*. */
export class ConnectionError extends HostwrightError {
  readonly kind = "connection";
}

/** Logged in, but root could not be had: sudo refused, wanted a password, or is missing. */
export class PrivilegeError extends HostwrightError {
  readonly kind = "privilege";
}

/** A command on the host ended with a status that means failure. */
export class CommandError extends HostwrightError {
  readonly kind = "command";
  readonly status: number | undefined;

  constructor(
    message: string,
    options: ErrorOptions & { readonly status?: number; readonly output?: readonly string[] } = {},
  ) {
    super(message, options);
    this.status = options.status;
  }
}

/** A task is blocked, could not be applied, or did not converge. */
export class TaskError extends HostwrightError {
  readonly kind = "task";
}

/** A wait reached its deadline. `deadline` is its name ("connect", "privilege", "read", "change", …). */
export class TimeoutError extends HostwrightError {
  readonly kind = "timeout";
  readonly deadline: string;

  constructor(
    message: string,
    options: ErrorOptions & { readonly deadline: string; readonly output?: readonly string[] },
  ) {
    super(message, options);
    this.deadline = options.deadline;
  }
}

/** Whether the line is at fault, not what was asked of the host. */
export function isUnreachable(error: unknown): error is ConnectionError | TimeoutError {
  return error instanceof ConnectionError || (error instanceof TimeoutError && error.deadline === "connect");
}
