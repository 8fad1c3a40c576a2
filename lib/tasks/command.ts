import { z } from "zod";
import { type Change, pending, unknowable } from "../engine/plan.ts";
import type { Read } from "../engine/read.ts";
import { defineTask, type Task } from "../engine/task.ts";
import { AbsolutePath } from "../params/files.ts";
import { Secret, SecretText } from "../secrets/secret.ts";
import { quote } from "../shell/quote.ts";
import { type Decider, decide, deciders } from "./command-decider.ts";
import { runCommand } from "./command-run.ts";

/** An argument of a process has 128 KiB at most, and the script is one (MAX_ARG_STRLEN, execve(2)). */
const Script = z.string().min(1).max(100_000, "is longer than 100000 characters: copy it to the host as a file");

const isRead = (value: unknown): value is Read<unknown> =>
  typeof value === "object" && value !== null && "kind" in value && "key" in value;

const Params = z
  .strictObject({
    /** A shell script, which stops at its first command that fails (`set -e`); or the words of one command. */
    run: z.union([Script, z.array(z.string()).nonempty()], { error: "has to be a script or a list of words" }),
    /** What it is called in reports; the script's first line unless told. */
    title: z.string().min(1).optional(),
    /** Needed until this path exists. */
    creates: AbsolutePath.optional(),
    /** Needed as long as this path exists. */
    removes: AbsolutePath.optional(),
    /** Needed until this shell text succeeds; it must only look. */
    unless: Script.optional(),
    /** Needed as long as this shell text succeeds; it must only look. */
    onlyIf: Script.optional(),
    /** Needed until `done` says yes to what the host answers. */
    when: z
      .strictObject({
        read: z.custom<Read<unknown>>(isRead, "has to be a read, such as fileDigest(path)"),
        done: z.custom<(answer: never) => boolean>((value) => typeof value === "function", "has to be a function"),
      })
      .optional(),
    /** What else it changes, so that check mode says "unknown until" of what depends on it. */
    alters: z.array(z.custom<Read<unknown>>(isRead, "has to be a read")).default([]),
    cwd: AbsolutePath.default("/"),
    /** Secrets reach the process's environment and nothing else. */
    env: z
      .record(
        z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "is not a name of a variable"),
        z.union([z.string().regex(/^[^\0]*$/, "must not have a NUL in it"), z.instanceof(Secret)]),
      )
      .default({}),
    /** Nothing unless told. */
    stdin: z.union([z.string(), z.instanceof(Secret), z.instanceof(SecretText)]).optional(),
    /** How long it may take; the run's deadline for changes unless told. */
    deadlineMs: z.int().positive().optional(),
  })
  .superRefine((params, context) => {
    const given = deciders.filter((name) => params[name] !== undefined);
    if (given.length === 1) return;
    const message =
      given.length === 0
        ? `needs what decides whether it has to run: one of ${deciders.join(", ")}; what has to run each time is an action (host.act)`
        : `${given.join(" and ")} are given; exactly one of them decides`;
    context.addIssue({ code: "custom", message });
  });

/** All but what decides. */
type Common = Omit<z.input<typeof Params>, (typeof deciders)[number]>;

/** One of these members and none of the others. */
type OneOf<D> = { [K in keyof D]: Pick<D, K> & { [Other in Exclude<keyof D, K>]?: never } }[keyof D];

/** A command, and what decides whether it is needed. `T`: what the read of `when` answers. */
export type CommandParams<T> = Common &
  OneOf<{
    creates: string;
    removes: string;
    unless: string;
    onlyIf: string;
    when: { readonly read: Read<T>; readonly done: (answer: T) => boolean };
  }>;

const make = defineTask({
  name: "command",
  params: Params,
  subject: ({ run, title }) => title ?? firstLine(run),
  reads: (params) => ({ decider: decide(params).read }),
  plan(params, { decider: answer }) {
    const decider: Decider = decide(params);
    if (!decider.needed(answer)) return pending([], decider.reason(answer));
    const change: Change = {
      what: decider.what,
      from: decider.from(answer),
      to: decider.to,
      commands: [runCommand(params)],
      predicts: [...decider.predicts, ...params.alters.map(unknowable)],
      ...(params.deadlineMs !== undefined && { deadlineMs: params.deadlineMs }),
    };
    return pending([change]);
  },
});

/**
 * Runs a command where it is needed, and no more afterwards. Exactly one thing decides: `creates`, `removes`, `unless`,
 * `onlyIf` or `when`. It is asked before, and again after: a command that succeeds without bringing about what decides
 * has not converged.
 *
 * It runs as root in a shell of its own, without input unless `stdin` is given; what it prints is progress. In check
 * mode what it does is known as far as its decider and `alters` say.
 *
 * @example
 * command({ run: "tar -xf /root/tool.tar -C /opt", creates: "/opt/tool/bin/tool" });
 * command({ run: ["locale-gen"], unless: "locale -a | grep -qix en_US.utf8" });
 * command({ run: ["update-initramfs", "-u"], when: { read: fileDigest("/boot/x"), done: (digest) => digest === wanted } });
 * @throws UsageError for parameters that are not valid, none or more than one decider among them
 * @see POSIX.1-2024, sh
 */
export const command: CommandType = Object.assign(<T>(params: CommandParams<T>): Task => make(params), {
  taskName: make.taskName,
  params: make.params,
});

interface CommandType {
  <T = unknown>(params: CommandParams<T>): Task;
  readonly taskName: string;
  readonly params: typeof Params;
}

function firstLine(run: string | readonly string[]): string {
  const text =
    typeof run === "string"
      ? (run.split("\n").find((line) => line.trim() !== "") ?? run).trim()
      : run.map(quote).join(" ");
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
