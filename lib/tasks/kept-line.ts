import { posix } from "node:path";
import { type Prediction, unknowable, unknowableWhere } from "../engine/plan.ts";
import { pathOfRead, unknowableListings } from "../reads/about-path.ts";
import { fileDigest } from "../reads/file-content.ts";
import { content, joinSh, rawSh, type Sh, sh } from "../shell/sh.ts";

/** A text file in which several tasks keep lines of their own. */
export interface SharedText {
  readonly path: string;
  /** What a new file begins with. */
  readonly header: string;
}

/**
 * Puts a line into a text file in place of the first one that is `mine`: a condition in awk, with functions before it.
 * Further lines that are mine go, the rest stays as it is. `line` undefined: they all go. `values` are in `ENVIRON`.
 */
export function keepLine(
  file: SharedText,
  mine: string,
  line: string | undefined,
  values: Readonly<Record<string, string>>,
): Sh {
  const program = `${mine} { if (!hw_done++ && ENVIRON["hw_line"] != "") print ENVIRON["hw_line"]; next }
{ print }
END { if (!hw_done && ENVIRON["hw_line"] != "") print ENVIRON["hw_line"] }`;
  return rewriteText(file, program, { ...values, hw_line: line ?? "" });
}

/**
 * Writes a text file anew as a program in awk prints it, which reads it as it is at that moment: what other tasks wrote
 * into it since it was looked at stays. The new file is written beside the old one, takes its owner and mode, and is
 * renamed into its place; a new one is 0644. A symlink is followed. A file that is mounted by itself, as a container's
 * /etc/hosts, cannot be renamed and is overwritten.
 */
export function rewriteText(
  { path, header }: SharedText,
  program: string,
  values: Readonly<Record<string, string>>,
): Sh {
  const environment = joinSh(
    Object.entries(values).map(([name, value]) => sh`${rawSh(name)}=${quoted(value)}`),
    " ",
  );
  return sh`( hw_f=$(readlink -f ${path}) && [ -n "$hw_f" ] || hw_f=${path}
hw_t="\${hw_f%/*}/.\${hw_f##*/}.hostwright"
hw_edit() { ${environment} awk ${program}; }
rm -f "$hw_t"
if [ -e "$hw_f" ]; then cp -a "$hw_f" "$hw_t" && hw_edit <"$hw_f" >"$hw_t"
else ${content(header)} | hw_edit >"$hw_t"; fi &&
{ mv -fT "$hw_t" "$hw_f" || { mountpoint -q "$hw_f" && cat "$hw_t" >"$hw_f"; }; } ||
{ hw_r=$?; rm -f "$hw_t"; exit "$hw_r"; }
rm -f "$hw_t" )`;
}

/** An empty value is two quotes. */
function quoted(value: string): Sh {
  return value === "" ? rawSh("''") : sh`${value}`;
}

/** What a line kept in a file changes beside the answer about that line: it is part of a text that nobody knows whole. */
export function textTouched(path: string): readonly Prediction[] {
  return [
    unknowable(fileDigest(path)),
    unknowableListings(path),
    unknowableWhere((read, answer) => {
      if (pathOfRead(read) !== path) return false;
      return read.kind.name !== "path" || (answer as { type: string }).type === "absent";
    }),
  ];
}

/** Why a file cannot be made: its directory is missing. */
export function parentObstacle(path: string, type: string): string | undefined {
  return type === "directory" || type === "symlink" ? undefined : `directory ${posix.dirname(path)} does not exist`;
}
