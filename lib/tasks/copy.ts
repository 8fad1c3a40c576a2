import { posix } from "node:path";
import { z } from "zod";
import { blocked, pending } from "../engine/plan.ts";
import { defineTask } from "../engine/task.ts";
import { ControllerPath } from "../params/controller-path.ts";
import { AbsolutePath, AccountName, FileMode } from "../params/files.ts";
import { isSystemDirectory } from "../params/removable.ts";
import { copyChanges, type WantedCopy } from "./copy-file.ts";
import { readSource, type Source, type SourceFile } from "./copy-source.ts";
import { contentAnswer, copyReads, pathAnswer, planTree, treeReads, type WantedTree } from "./copy-tree.ts";
import { fileObstacle } from "./install-file.ts";

const Params = z
  .strictObject({
    /** A file or directory of the controller: an absolute path, or `new URL("files/x", import.meta.url)`. */
    source: ControllerPath,
    /** Where it comes to on the host; the source's own name is not added to it. */
    path: AbsolutePath,
    /** Mode of the file, or of all files of a tree; 0755 for what its owner may execute and 0644 for others unless told. */
    mode: FileMode.optional(),
    /** Mode of directories that have to be made; those that are there keep theirs. */
    directoryMode: FileMode.default("0755"),
    owner: AccountName.default("root"),
    group: AccountName.default("root"),
    /** For a file: words of a command that judges it before it takes its place; `%s` stands for it. */
    validate: z.array(z.string()).nonempty().optional(),
    /** For a tree: removes everything below `path` that is not in the source. */
    prune: z.boolean().default(false),
  })
  .transform((params, context): Wanted => {
    const refuse = (path: string, message: string) => {
      context.addIssue({ code: "custom", path: [path], message });
      return z.NEVER;
    };
    if (params.prune && isSystemDirectory(params.path)) {
      return refuse("prune", `${params.path} is a directory of the system itself, which is never pruned`);
    }
    let source: Source;
    try {
      source = readSource(params.source);
    } catch (error) {
      return refuse("source", `cannot be copied: ${(error as Error).message}`);
    }
    if (source.kind === "tree" && params.validate) return refuse("validate", "is for a single file, not for a tree");
    if (source.kind === "file" && params.prune) return refuse("prune", "is for a tree, not for a single file");
    const wanted = wantedOf(params, source);
    const odd = wanted.kind === "file" ? undefined : oddName(wanted);
    return odd === undefined ? wanted : refuse("source", `has a name that cannot be copied: ${JSON.stringify(odd)}`);
  });

type Wanted = ({ readonly kind: "file" } & WantedCopy) | ({ readonly kind: "tree" } & WantedTree);

/**
 * A file of the controller, of any size, or a tree of them.
 *
 * A single file is replaced as a whole, as by the task `file`, and its directory has to be there. A tree comes with its
 * directories and what is missing above them; symlinks in it are followed to files. What is on the host besides stays,
 * unless `prune` is given.
 *
 * The source is hashed when the task is made, and read when a host turns out to need it; a converged copy costs the host
 * one sha256sum, however many files there are. A task that many hosts share is best made once, outside of the play.
 *
 * @example
 * copy({ source: new URL("files/ca.crt", import.meta.url), path: "/usr/local/share/ca-certificates/site.crt" });
 * copy({ source: "/srv/www", path: "/var/www/site", owner: "www-data", group: "www-data", prune: true });
 * @throws UsageError for parameters that are not valid, and for a source that cannot be read
 */
export const copy = defineTask({
  name: "copy",
  params: Params,
  subject: ({ path }) => path,
  reads: (wanted) => (wanted.kind === "tree" ? treeReads(wanted) : copyReads([wanted])),
  plan(wanted, state) {
    if (wanted.kind === "tree") return planTree(wanted, state);
    const { path, source, mode } = wanted;
    const self = pathAnswer(state, path);
    const obstacle = fileObstacle(path, { self, parent: pathAnswer(state, posix.dirname(path)) });
    if (obstacle) return blocked(obstacle);
    const changes = copyChanges(wanted, self, () => contentAnswer(state, path));
    return pending(changes, `${source.size} bytes, ${mode}`);
  },
});

interface Attributes {
  readonly path: string;
  readonly mode?: string | undefined;
  readonly directoryMode: string;
  readonly owner: string;
  readonly group: string;
  readonly validate?: readonly string[] | undefined;
  readonly prune: boolean;
}

function wantedOf({ path, mode, directoryMode, owner, group, validate, prune }: Attributes, source: Source): Wanted {
  const copyOf = (file: SourceFile): WantedCopy => ({
    path: posix.join(path, file.relative),
    source: file,
    mode: mode ?? (file.executable ? "0755" : "0644"),
    owner,
    group,
    validate,
  });
  if (source.kind === "file") return { kind: "file", ...copyOf(source.file) };
  const directories = ["", ...source.directories].map((relative) => ({
    path: posix.join(path, relative),
    mode: directoryMode,
    owner,
    group,
  }));
  return { kind: "tree", path, directories, files: source.files.map(copyOf), prune };
}

function oddName({ directories, files }: WantedTree): string | undefined {
  const paths = [...directories, ...files].map(({ path }) => path);
  return paths.find((path) => !AbsolutePath.safeParse(path).success);
}
