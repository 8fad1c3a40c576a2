import { posix } from "node:path";
import { z } from "zod";
import { blocked, pending } from "../engine/plan.ts";
import type { Read } from "../engine/read.ts";
import { type Answers, defineTask, parseParams, type Reads, type Task } from "../engine/task.ts";
import { TaskError } from "../errors.ts";
import { AbsolutePath, AccountName, FileMode } from "../params/files.ts";
import { type ContentState, fileDigest, sha256 } from "../reads/file-content.ts";
import { path as pathState } from "../reads/path.ts";
import { type TextFile, textFile } from "../reads/text-file.ts";
import { Secret, SecretText } from "../secrets/secret.ts";
import { bytesOf, fileChanges, fileObstacle, fileReads } from "./install-file.ts";

const attributes = {
  path: AbsolutePath,
  mode: FileMode.default("0644"),
  owner: AccountName.default("root"),
  group: AccountName.default("root"),
  /** Words of a command that judges the new file before it takes its place; `%s` stands for the file. */
  validate: z.array(z.string()).nonempty().optional(),
};

const Text = z.union([z.string(), z.instanceof(SecretText)], { error: "has to be a string or a SecretText" });

const Fixed = z.strictObject({
  ...attributes,
  /** The whole text as a typed function made it: `text: haproxyCfg(params)`. */
  text: Text,
});

const Dependent = z.strictObject({
  ...attributes,
  /** Secrets that the function puts into its text: it has to name them, so that nothing shows them. */
  secrets: z.array(z.instanceof(Secret)).default([]),
});

/** A text that depends on what the host says. */
export interface DependentTemplate<R extends Reads> extends Readonly<z.input<typeof Dependent>> {
  /** Questions to the same host, and what their answers are called. */
  readonly from: R;
  /** The text, from the answers alone. It is called more than once. */
  readonly text: (answers: Answers<R>) => string | SecretText;
}

const fixed = defineTask({
  name: "template",
  params: Fixed,
  subject: ({ path }) => path,
  reads: ({ path, text }) => fileReads({ path, ...bytesOf(text) }),
  plan(params, state) {
    const obstacle = fileObstacle(params.path, state);
    if (obstacle) return blocked(obstacle);
    const { bytes, secret } = bytesOf(params.text);
    const changes = fileChanges({ ...params, bytes, secret }, state);
    return pending(changes, describe(bytes, params.mode));
  },
});

/**
 * A file whose text a typed function writes, with mode and owner.
 *
 * Either the text itself, or `from` with a function of what the host answers: the version that is installed, the
 * interface that carries the default route. In check mode the text is unknown as long as one of those answers is. For
 * the rest it is as the task `file` is: replaced as a whole, validated before, a symlink in its place is replaced.
 *
 * @example
 * template({ path: "/etc/haproxy/haproxy.cfg", text: haproxyCfg(params), validate: ["haproxy", "-c", "-f", "%s"] });
 * template({
 *   path: "/etc/containerd/config.toml",
 *   from: { installed: packageVersion("containerd") },
 *   text: ({ installed }) => containerdConfig(installed),
 * });
 * @throws UsageError for parameters that are not valid; TaskError out of the plan when the function throws, or answers
 *   with a secret that was not named
 */
export const template: TemplateType = Object.assign(
  <R extends Reads>(params: DependentTemplate<R> | z.input<typeof Fixed>): Task =>
    "from" in params ? dependent(params) : fixed(params),
  { taskName: fixed.taskName, params: fixed.params },
);

interface TemplateType {
  <R extends Reads>(params: DependentTemplate<R>): Task;
  (params: z.input<typeof Fixed>): Task;
  readonly taskName: string;
  readonly params: typeof Fixed;
}

function dependent<R extends Reads>({ from, text, ...input }: DependentTemplate<R>): Task {
  const params = parseParams("task template", Dependent, input);
  const { path } = params;
  const secret = params.secrets.length > 0;
  const own = { self: pathState(path), parent: pathState(posix.dirname(path)), digest: fileDigest(path) };
  // Nobody could mask what is in an old text with secrets, so that one is not read.
  const old = secret ? [] : [textFile(path)];
  return {
    name: "template",
    subject: path,
    reads: [...Object.values(own), ...old, ...Object.values(from)],
    secrets: params.secrets,
    plan(answer) {
      const state = { self: answer(own.self), parent: answer(own.parent) };
      const obstacle = fileObstacle(path, state);
      if (obstacle) return blocked(obstacle);
      const { bytes } = bytesOf(write(params, from, text, answer));
      const content = contentState(bytes, answer(own.digest), () => (secret ? NOT_READ : answer(textFile(path))));
      const changes = fileChanges({ ...params, bytes, secret }, { ...state, content });
      return pending(changes, describe(bytes, params.mode));
    },
  };
}

function write<R extends Reads>(
  { path, secrets }: z.output<typeof Dependent>,
  from: R,
  text: DependentTemplate<R>["text"],
  answer: <T>(read: Read<T>) => T,
): string | SecretText {
  const answers = Object.fromEntries(Object.entries(from).map(([name, read]) => [name, answer(read)]));
  let written: string | SecretText;
  try {
    written = text(answers as Answers<R>);
  } catch (error) {
    throw new TaskError(`template ${path}: its text could not be made: ${(error as Error).message}`, { cause: error });
  }
  if (written instanceof SecretText && secrets.length === 0) {
    throw new TaskError(`template ${path}: its text has secrets in it; name them in "secrets", so that none is shown`);
  }
  return written;
}

const NOT_READ: TextFile = { kind: "not text" };

/** How the file stands to the text, by its digest; what is in it is only looked at where it differs. */
function contentState(bytes: Buffer, digest: string | undefined, old: () => TextFile): ContentState {
  if (digest === undefined) return { kind: "absent" };
  if (digest === sha256(bytes)) return { kind: "same" };
  const found = old();
  return { kind: "differs", digest, ...(found.kind === "text" && { text: found.text }) };
}

function describe(bytes: Buffer, mode: string): string {
  return `${bytes.length} bytes, ${mode}`;
}
