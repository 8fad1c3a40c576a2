import { posix } from "node:path";
import { type Change, predict, type TextDiff, unknowable, unknowableBy } from "../engine/plan.ts";
import { unknowableListings } from "../reads/about-path.ts";
import { type ContentState, fileContent, fileDigest, sha256, TEXT_LIMIT } from "../reads/file-content.ts";
import { type PathState, path as pathState } from "../reads/path.ts";
import { textFile, textOf } from "../reads/text-file.ts";
import { SecretText } from "../secrets/secret.ts";
import { command, content, joinSh, type Sh, sh } from "../shell/sh.ts";
import { decodeText } from "../text/utf8.ts";

/** A regular file as it should be. */
export interface WantedFile {
  readonly path: string;
  readonly bytes: Buffer;
  readonly secret: boolean;
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
  /** Run on the new file before it takes its place; `%s` stands for its path. */
  readonly validate?: readonly string[] | undefined;
}

/** The reads that a file with content needs. */
export function fileReads({ path, bytes, secret }: Pick<WantedFile, "path" | "bytes" | "secret">) {
  return {
    self: pathState(path),
    parent: pathState(posix.dirname(path)),
    content: fileContent(path, bytes, { secret }),
  };
}

export interface FileAnswers {
  readonly self: PathState;
  readonly parent: PathState;
  readonly content: ContentState;
}

/** Bytes of a content, and whether they are secret. */
export function bytesOf(value: string | Buffer | SecretText): { readonly bytes: Buffer; readonly secret: boolean } {
  if (value instanceof SecretText) return { bytes: Buffer.from(value.reveal()), secret: true };
  return { bytes: Buffer.from(value), secret: false };
}

/** What keeps a file from being planned: its directory is missing, or something else than a file is in its place. */
export function fileObstacle(path: string, { self, parent }: Pick<FileAnswers, "self" | "parent">): string | undefined {
  if (self.type === "directory") return `${path} is a directory; remove it first if it should be a file`;
  if (self.type === "other") return `${path} is neither a file nor a symlink`;
  if (self.type !== "absent" || parent.type === "directory" || parent.type === "symlink") return undefined;
  return `directory ${posix.dirname(path)} does not exist`;
}

/** The changes that make a file what it should be; none when it is. */
export function fileChanges(wanted: WantedFile, { self, content: found }: FileAnswers): readonly Change[] {
  const { path, bytes, mode, owner, group } = wanted;
  const inPlace = self.type === "file";
  if (inPlace && found.kind === "same") return attributeChanges(wanted, self);
  const from = self.type === "absent" ? "absent" : inPlace ? "other content" : self.type;
  return [
    {
      what: self.type === "absent" ? "file" : "content",
      from,
      to: `${bytes.length} bytes, ${mode} ${owner}:${group}`,
      diff: diffOf(wanted, self, found),
      commands: [replaceFile(wanted)],
      predicts: [
        ...(self.type === "absent" ? [unknowableListings(path)] : []),
        unknowableBy(path),
        predict(pathState(path), { type: "file", mode, owner, group }),
        predict(fileContent(path, bytes, wanted), { kind: "same" }),
        predict(fileDigest(path), sha256(bytes)),
        wanted.secret ? unknowable(textFile(path)) : predict(textFile(path), textOf(bytes)),
      ],
    },
  ];
}

/** Mode and owner of something that is there. Nothing is read or written but its inode. */
export function attributeChanges(
  wanted: Pick<WantedFile, "path" | "mode" | "owner" | "group">,
  self: Exclude<PathState, { readonly type: "absent" }>,
): readonly Change[] {
  const { path, mode, owner, group } = wanted;
  const changes: Change[] = [];
  const after = predict(pathState(path), { type: self.type, mode, owner, group });
  if (self.owner !== owner || self.group !== group) {
    // chown clears the set-id bits, so the mode is set again behind it.
    changes.push({
      what: "owner",
      from: `${self.owner}:${self.group}`,
      to: `${owner}:${group}`,
      commands: [command(["chown", `${owner}:${group}`, path]), command(["chmod", mode, path])],
      predicts: [after],
    });
  }
  if (self.mode !== mode) {
    changes.push({
      what: "mode",
      from: self.mode,
      to: mode,
      commands: [command(["chmod", mode, path])],
      predicts: [after],
    });
  }
  return changes;
}

/**
 * Writes a new file beside the old one, gives it owner and mode, validates it there, and renames it into place: at any
 * moment there is either the old file or the new one. A symlink in its place is replaced, not followed; other hard
 * links keep the old content. Its name keeps it out of the way of programs that read whole directories.
 *
 * The new file is made exclusively, and owner and mode are set through its open descriptor: in a directory that
 * belongs to a user, a name can be swapped for a symlink at any moment, an open file cannot. A shell's printf only says
 * "I/O error" when it cannot write, so head is asked to: it tells why (the disk is full).
 */
export function replaceFile({ path, bytes, secret, mode, owner, group, validate }: WantedFile): Sh {
  const temporary = posix.join(posix.dirname(path), `.${posix.basename(path)}.hostwright`);
  const fill = sh`{ ${{ ...content(bytes), secret }}; } >&8 || { head -c 65536 /dev/zero >&8; false; }`;
  const open = "/proc/self/fd/8";
  const make = joinSh(
    [sh`{ ${fill}; }`, command(["chown", `${owner}:${group}`, open]), command(["chmod", mode, open])],
    " && ",
  );
  const steps = [
    sh`rm -f ${temporary}; (umask 077; set -C; exec 8>${temporary}; set +C; ${make})`,
    ...(validate ? [validationCommand(validate, temporary)] : []),
    command(["mv", "-fT", temporary, path]),
  ];
  return sh`${joinSh(steps, " && ")} || { hw_r=$?; rm -f ${temporary}; (exit $hw_r); }`;
}

function validationCommand(words: readonly string[], temporary: string): Sh {
  return command(words.map((word) => word.replaceAll("%s", temporary)));
}

function diffOf({ path, bytes, secret }: WantedFile, self: PathState, found: ContentState): TextDiff {
  const masked = (why: NonNullable<TextDiff["masked"]>): TextDiff => ({
    path,
    before: undefined,
    after: undefined,
    masked: why,
  });
  if (secret) return masked("secret");
  if (bytes.length > TEXT_LIMIT) return masked("too large");
  const after = decodeText(bytes);
  const before = self.type === "file" && found.kind === "differs" ? found.text : undefined;
  if (after === undefined || (self.type === "file" && before === undefined)) return masked("binary");
  return { path, before, after };
}
