import type { z } from "zod";
import { type Secret, secretsIn } from "../secrets/secret.ts";
import type { Sh } from "../shell/sh.ts";
import type { Read } from "./read.ts";
import { parseParams } from "./task.ts";

/** What an action may do with a host. */
export interface ActionContext {
  readonly host: string;
  read<T>(read: Read<T>): Promise<T>;
  /** Runs commands. Their output is progress; what they print is returned up to the last lines. */
  run(commands: Sh, options?: { readonly deadlineMs?: number }): Promise<{ status: number; output: readonly string[] }>;
  /** Drops the line, and opens a new one, trying until `deadlineMs` is over. */
  reconnect(deadlineMs: number): Promise<void>;
  sleep(ms: number): Promise<void>;
  now(): number;
}

/** Something that is done rather than demanded: a wait, a reboot, a join token. */
export interface Action<T> {
  readonly name: string;
  readonly subject: string;
  readonly secrets: readonly Secret[];
  /** Whether it changes the host, for the report. */
  readonly changes: boolean;
  /** Of one that may change something: whether it has, by what it brought. */
  changed?(value: T): boolean;
  run(context: ActionContext): Promise<T>;
}

/**
 * Defines an action.
 *
 * @example
 * const token = defineAction({ name: "joinToken", params: z.strictObject({}), changes: true, subject: () => "token", run });
 * const made = await host.act(token({}));
 * if (made.acted) use(made.value);
 */
export function defineAction<S extends z.ZodType, T>(definition: {
  readonly name: string;
  readonly params: S;
  readonly changes: boolean;
  changed?(value: T): boolean;
  subject(params: z.output<S>): string;
  run(context: ActionContext, params: z.output<S>): Promise<T>;
}): ((params: z.input<S>) => Action<T>) & { readonly actionName: string; readonly params: S } {
  const make = (input: z.input<S>): Action<T> => {
    const params = parseParams(`action ${definition.name}`, definition.params, input);
    return {
      name: definition.name,
      subject: definition.subject(params),
      secrets: secretsIn(params),
      changes: definition.changes,
      ...(definition.changed && { changed: definition.changed }),
      run: (context) => definition.run(context, params),
    };
  };
  return Object.assign(make, { actionName: definition.name, params: definition.params });
}
