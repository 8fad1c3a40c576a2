import { createHash } from "node:crypto";
import { defineRead, type Read } from "../engine/read.ts";
import { joinSh, rawSh, sh } from "../shell/sh.ts";
import { decodeText } from "../text/utf8.ts";

/** How a file's content stands to a wanted one. A symlink is followed. */
export type ContentState =
  | { readonly kind: "same" }
  | { readonly kind: "absent" }
  /** A directory, device, socket: nothing that has content. */
  | { readonly kind: "not a file" }
  /** `text` is absent where it was not asked for, is too large, or is not UTF-8 text. */
  | { readonly kind: "differs"; readonly digest: string; readonly text?: string };

/** Up to this many bytes of a file that differs are read for its diff. */
export const TEXT_LIMIT = 256 * 1024;

/** SHA-256 as `sha256sum` prints it. */
export function sha256(bytes: Buffer | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

const contentKind = defineRead<ContentState>({
  name: "file-content",
  tidy: true,
  // One sha256sum for all files; a file that differs costs two more processes to read it, once, when it changes.
  ask: (keys) => {
    const paths = keys.map((key) => parseKey(key).path);
    const each = keys.map((key) => {
      const { want, text, path } = parseKey(key);
      return sh`hw_content ${want} ${text ? "text" : "digest"} ${path}`;
    });
    return joinSh([
      rawSh(`hw_n='\n'; hw_content() {
  case "$hw_all$hw_n" in *"$hw_n$1  $3$hw_n"*) echo =; return;; esac
  [ -e "$3" ] || { echo -; return; }
  [ -f "$3" ] || { echo x; return; }
  hw_d=\${hw_all%%"  $3$hw_n"*}; hw_d=\${hw_d##*"$hw_n"}
  [ "$2" = text ] && hw_c=$(head -c ${TEXT_LIMIT + 1} "$3" | base64 | tr -d '\\n') || hw_c=
  echo "! $hw_d $hw_c"
}`),
      sh`hw_all="$hw_n$(sha256sum -- ${paths} 2>/dev/null)$hw_n"`,
      ...each,
    ]);
  },
  split: (output, keys) => {
    const lines = output.toString("latin1").split("\n");
    return keys.map((_, index) => Buffer.from(`${lines[index] ?? ""}\n`, "latin1"));
  },
  parse(record, key) {
    const [word, digest = "", encoded = ""] = record.toString().trimEnd().split(" ");
    if (word === "=") return { kind: "same" };
    if (word === "-") return { kind: "absent" };
    if (word === "x") return { kind: "not a file" };
    const text = parseKey(key).text ? textIn(Buffer.from(encoded, "base64")) : undefined;
    return { kind: "differs", digest, ...(text !== undefined && { text }) };
  },
});

/**
 * Compares a file with the content that it should have; its text comes along only where it differs.
 *
 * @param options.secret the host's text is not read, since nobody could mask what is in it
 */
export function fileContent(path: string, wanted: Buffer, options: { readonly secret: boolean }): Read<ContentState> {
  return contentByDigest(path, sha256(wanted), { text: !options.secret });
}

/**
 * The same for a content that is not at hand but known by its SHA-256.
 *
 * @param options.text whether the host's text comes along where it differs, for a diff
 */
export function contentByDigest(path: string, digest: string, options: { readonly text: boolean }): Read<ContentState> {
  return contentKind(`${digest} ${options.text ? "t" : "d"} ${path}`);
}

function parseKey(key: string): { want: string; text: boolean; path: string } {
  return { want: key.slice(0, 64), text: key[65] === "t", path: key.slice(67) };
}

/** Text that is small enough to be shown. */
function textIn(bytes: Buffer): string | undefined {
  return bytes.length > TEXT_LIMIT ? undefined : decodeText(bytes);
}

/** The SHA-256 of a file, `undefined` where there is none. One `sha256sum` for all. */
export const fileDigest = defineRead<string | undefined>({
  name: "file-digest",
  tidy: true,
  ask: (paths) => sh`sha256sum -- ${paths} 2>/dev/null; :`,
  split: (output, keys) => {
    const digests = new Map(
      output
        .toString()
        .split("\n")
        .map((line) => [line.slice(66), line]),
    );
    return keys.map((key) => Buffer.from(digests.has(key) ? `${digests.get(key)}\n` : ""));
  },
  parse: (record) => (record.length === 0 ? undefined : record.toString("latin1", 0, 64)),
});
