import type { z } from "zod";
import { UsageError } from "../errors.ts";
import { type Secret, secretsIn } from "../secrets/secret.ts";
import type { Plan } from "./plan.ts";
import type { Read } from "./read.ts";

/** A demand on a host: validated parameters behind the reads that it needs and a pure plan. */
export interface Task {
  readonly name: string;
  /** What it is about, short: a path, a unit, `key=value`. */
  readonly subject: string;
  readonly reads: readonly Read<unknown>[];
  readonly secrets: readonly Secret[];
  /** Looks at nothing but the parameters and the answers. */
  plan(answer: <T>(read: Read<T>) => T): Plan;
}

/** A named set of reads, and what the answers to it are called in a plan. */
export type Reads = Readonly<Record<string, Read<unknown>>>;
export type Answers<R extends Reads> = { readonly [K in keyof R]: R[K] extends Read<infer T> ? T : never };

export interface TaskDefinition<S extends z.ZodType, R extends Reads> {
  readonly name: string;
  readonly params: S;
  subject(params: z.output<S>): string;
  reads(params: z.output<S>): R;
  plan(params: z.output<S>, state: Answers<R>): Plan;
}

/** The function that makes tasks of one kind, with its name and parameter schema for lists and documentation. */
export interface TaskType<S extends z.ZodType> {
  (params: z.input<S>): Task;
  readonly taskName: string;
  readonly params: S;
}

/**
 * Defines a kind of task. See `lib/tasks/` for examples, one file each.
 *
 * @throws UsageError, when a task is made with parameters that the schema refuses; all mistakes at once.
 * @example
 * export const sysctl = defineTask({
 *   name: "sysctl",
 *   params: z.strictObject({ key: SysctlKey, value: SysctlValue }),
 *   subject: ({ key, value }) => `${key}=${value}`,
 *   reads: ({ key }) => ({ live: sysctlValue(key) }),
 *   plan: ({ value }, { live }) => (live === value ? converged(`already ${value}`) : pending([…])),
 * });
 */
export function defineTask<S extends z.ZodType, R extends Reads>(definition: TaskDefinition<S, R>): TaskType<S> {
  const make = (input: z.input<S>): Task => {
    const params = parseParams(`task ${definition.name}`, definition.params, input);
    const reads = definition.reads(params);
    return {
      name: definition.name,
      subject: definition.subject(params),
      reads: Object.values(reads),
      secrets: secretsIn(params),
      plan: (answer) => definition.plan(params, lazyAnswers(reads, answer)),
    };
  };
  return Object.assign(make, { taskName: definition.name, params: definition.params });
}

/** A plan only asks for the answers that it looks at: one that is unknowable does not matter to a plan without it. */
function lazyAnswers<R extends Reads>(reads: R, answer: <T>(read: Read<T>) => T): Answers<R> {
  const state = {};
  for (const [name, read] of Object.entries(reads)) {
    Object.defineProperty(state, name, { enumerable: true, get: () => answer(read) });
  }
  return state as Answers<R>;
}

/**
 * Validates parameters of a task or role.
 *
 * @throws UsageError with each mistake on a line of its own: path, what was found, what was expected.
 */
export function parseParams<S extends z.ZodType>(owner: string, schema: S, input: unknown): z.output<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const lines = result.error.issues.flatMap((issue) => told(issue, []));
  throw new UsageError(`${owner}: parameters are not valid\n${[...new Set(lines)].join("\n")}`);
}

/** A mistake as a line. Of a union's shapes the one that fits best is told about: that with the fewest mistakes. */
function told(issue: z.core.$ZodIssue, above: readonly PropertyKey[]): readonly string[] {
  const path = [...above, ...issue.path];
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const lists = issue.errors.map((each) => each.flatMap((nested) => told(nested, path)));
    const best = lists.reduce((a, b) => (b.length < a.length ? b : a));
    if (issue.message === "Invalid input" || best.length > 1) return best;
  }
  return [`  ${path.map(String).join(".") || "parameters"}: ${issue.message}`];
}
