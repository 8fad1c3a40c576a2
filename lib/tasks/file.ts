import { z } from "zod";
import { blocked, type Change, pending } from "../engine/plan.ts";
import { defineTask } from "../engine/task.ts";
import { AbsolutePath, AccountName, FileMode } from "../params/files.ts";
import { SecretText } from "../secrets/secret.ts";
import { command } from "../shell/sh.ts";
import { bytesOf, fileChanges, fileObstacle, fileReads } from "./install-file.ts";
import { predictAbsence } from "./remove-tree.ts";

const Present = z.strictObject({
  path: AbsolutePath,
  /** The whole content; text is written as UTF-8, as it is: end it with a newline. */
  content: z.union([z.string(), z.instanceof(Buffer), z.instanceof(SecretText)]),
  mode: FileMode.default("0644"),
  owner: AccountName.default("root"),
  group: AccountName.default("root"),
  /** Words of a command that judges the new file before it takes its place; `%s` stands for the file. */
  validate: z.array(z.string()).nonempty().optional(),
});

const Absent = z.strictObject({ path: AbsolutePath, absent: z.literal(true) });

/**
 * A regular file with this content, mode and owner; or no file at all.
 *
 * The file is replaced as a whole (written beside, validated, renamed). A symlink in its place is replaced, not
 * followed; other hard links to it keep the old content.
 *
 * @example
 * file({ path: "/etc/motd", content: "Welcome\n" });
 * file({ path: "/etc/sudoers.d/ops", content: rules, mode: "0440", validate: ["visudo", "-cf", "%s"] });
 * file({ path: "/etc/nologin", absent: true });
 * @throws UsageError for parameters that are not valid
 */
export const file = defineTask({
  name: "file",
  params: z.union([Present, Absent]),
  subject: ({ path }) => path,
  reads: (params) => fileReads({ path: params.path, ...("content" in params ? bytesOf(params.content) : nothing) }),
  plan(params, state) {
    if (!("content" in params)) return pending(removal(params.path, state.self.type), "absent");
    const obstacle = fileObstacle(params.path, state);
    if (obstacle) return blocked(obstacle);
    const { bytes, secret } = bytesOf(params.content);
    return pending(fileChanges({ ...params, bytes, secret }, state), `${bytes.length} bytes, ${params.mode}`);
  },
});

const nothing = { bytes: Buffer.alloc(0), secret: true };

function removal(path: string, type: string): readonly Change[] {
  if (type === "absent") return [];
  return [
    {
      what: type,
      from: "present",
      to: "absent",
      commands: [type === "directory" ? command(["rmdir", "--", path]) : command(["rm", "-f", "--", path])],
      predicts: predictAbsence(path),
    },
  ];
}
