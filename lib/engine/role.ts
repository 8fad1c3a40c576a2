import type { z } from "zod";
import { type Secret, secretsIn } from "../secrets/secret.ts";
import type { Host } from "./host.ts";
import { parseParams, type Task } from "./task.ts";

/** Tasks for one purpose. List roles that stand beside each other in a play are converged together. */
export interface ListRole {
  readonly kind: "list";
  readonly name: string;
  readonly tasks: readonly Task[];
  readonly secrets: readonly Secret[];
}

/** A role that decides between its steps: an async function of the host. */
export interface AsyncRole {
  readonly kind: "async";
  readonly name: string;
  /** Whether hosts of a play take turns in it. */
  readonly oneAtATime: boolean;
  run(host: Host): Promise<void>;
  readonly secrets: readonly Secret[];
}

export type Role = ListRole | AsyncRole;

/** The function that makes a role, with its name and schema for documentation. */
export interface RoleType<S extends z.ZodType, R extends Role> {
  (params: z.input<S>): R;
  readonly roleName: string;
  readonly params: S;
}

/**
 * Defines a role: either `tasks`, a list made from the parameters alone, or `run`, which decides by what it reads.
 *
 * @throws UsageError, when a role is made with parameters that the schema refuses; all mistakes at once.
 * @example
 * export const motd = defineRole({
 *   name: "motd",
 *   params: z.strictObject({ text: z.string() }),
 *   tasks: ({ text }) => [file({ path: "/etc/motd", content: `${text}\n` })],
 * });
 */
export function defineRole<S extends z.ZodType>(definition: {
  readonly name: string;
  readonly params: S;
  tasks(params: z.output<S>): readonly Task[];
}): RoleType<S, ListRole>;
export function defineRole<S extends z.ZodType>(definition: {
  readonly name: string;
  readonly params: S;
  /** Whether hosts of a play take turns in it, whatever the play says of `serial`. Default false. */
  readonly oneAtATime?: boolean;
  run(host: Host, params: z.output<S>): Promise<void>;
}): RoleType<S, AsyncRole>;
export function defineRole<S extends z.ZodType>(definition: {
  readonly name: string;
  readonly params: S;
  readonly oneAtATime?: boolean;
  tasks?(params: z.output<S>): readonly Task[];
  run?(host: Host, params: z.output<S>): Promise<void>;
}): RoleType<S, Role> {
  const { name, run, oneAtATime = false } = definition;
  const make = (input: z.input<S>): Role => {
    const params = parseParams(`role ${name}`, definition.params, input);
    const tasks = definition.tasks?.(params) ?? [];
    const secrets = [...secretsIn(params), ...tasks.flatMap((task) => task.secrets)];
    if (run) return { kind: "async", name, secrets, oneAtATime, run: (host) => run(host, params) };
    return { kind: "list", name, secrets, tasks };
  };
  return Object.assign(make, { roleName: name, params: definition.params });
}
