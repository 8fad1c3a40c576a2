import { rawSh } from "../shell/sh.ts";

/** Where programs that read whole directories of settings look, the first one winning between files of one name. */
const ROOTS = ["/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib"];

/**
 * Words of all files `*.conf` in the directories of one name, say `sysctl.d`, for a program in awk that reads them
 * itself ({@link confLines}). A pattern that finds nothing stays as it is, and is a file that cannot be read.
 */
export function confFiles(directory: string) {
  return rawSh(ROOTS.map((root) => `${root}/${directory}/*.conf`).join(" "));
}

/** Whether a file is in one of these directories and read from there. */
export function isConfFile(path: string, directory: string): boolean {
  return ROOTS.some((root) => {
    const name = path.startsWith(`${root}/${directory}/`) ? path.slice(root.length + directory.length + 2) : "";
    return name.endsWith(".conf") && !name.includes("/");
  });
}

/**
 * Functions in awk. `masked(file)` tells whether a file of the same name came before; files have to come in the order
 * of {@link confFiles}. `words(line)` is a line without comment and outer blanks.
 *
 * Files are read by `getline`, since awk itself stops at one that is missing and does not see one that is empty; and
 * an empty file, or a link to /dev/null, masks.
 *
 * @see sysctl.d(5), modules-load.d(5), "Configuration directories and precedence"
 */
export const confAwk = `
function trim(s) { gsub(/^[ \\t\\r]+|[ \\t\\r]+$/, "", s); return s }
function words(line) { line = trim(line); return line ~ /^[#;]/ ? "" : line }
function masked(file,   name) {
  name = file; sub(/.*\\//, "", name)
  return named[name]++ > 0
}`;
