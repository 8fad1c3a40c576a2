import { defineRead } from "../engine/read.ts";
import { joinSh, rawSh, sh } from "../shell/sh.ts";
import { decodeText } from "../text/utf8.ts";
import { TEXT_LIMIT } from "./file-content.ts";

/** The text of a file. A symlink is followed. */
export type TextFile =
  | { readonly kind: "absent" }
  | { readonly kind: "text"; readonly text: string }
  /** Larger than {@link TEXT_LIMIT}, not UTF-8, with NUL in it, or not a regular file. */
  | { readonly kind: "not text" };

/**
 * A file's text, each time as a whole: for a plan that has to look into a file. To compare a file with a content that
 * is known, `fileContent` costs less.
 */
export const textFile = defineRead<TextFile>({
  name: "text-file",
  ask: (paths) =>
    joinSh([
      rawSh(`hw_text() {
  [ -e "$1" ] || { echo -; return; }
  [ -f "$1" ] || { echo x; return; }
  printf '= %s\\n' "$(head -c ${TEXT_LIMIT + 1} "$1" | base64 | tr -d '\\n')"
}`),
      ...paths.map((path) => sh`hw_text ${path}`),
    ]),
  split: (output, keys) => {
    const lines = output.toString("latin1").split("\n");
    return keys.map((_, index) => Buffer.from(`${lines[index] ?? ""}\n`, "latin1"));
  },
  parse: (record) => {
    const [word, encoded = ""] = record.toString("latin1").trimEnd().split(" ");
    if (word === "-") return { kind: "absent" };
    return word === "=" ? textOf(Buffer.from(encoded, "base64")) : { kind: "not text" };
  },
});

/** What {@link textFile} answers for a regular file of these bytes. */
export function textOf(bytes: Buffer): TextFile {
  if (bytes.length > TEXT_LIMIT) return { kind: "not text" };
  const text = decodeText(bytes);
  return text === undefined ? { kind: "not text" } : { kind: "text", text };
}
