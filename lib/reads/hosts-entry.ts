import { defineRead, type Read } from "../engine/read.ts";
import { sh } from "../shell/sh.ts";
import { linesOf, splitRecords } from "./records.ts";

/** A line of /etc/hosts, with those of its names that were asked about. */
export interface HostsLine {
  readonly address: string;
  readonly names: readonly string[];
}

/**
 * Functions in awk. `rival(address, wanted)`: whether a line of that address answers the same question as one of the
 * wanted address, that is of the same family, or is the machine itself, which no name of another one should mean.
 */
export const hostsAwk = `
function family(address) { return index(address, ":") ? 6 : 4 }
function local(address) { return address ~ /^127\\./ || address == "::1" }
function rival(address, wanted) {
  return family(address) == family(wanted) || (local(address) && !local(wanted))
}
function bare(line) { sub(/#.*/, "", line); return line }`;

const program = `${hostsAwk}
BEGIN {
  while ((getline line < "/etc/hosts") > 0) lines[++count] = bare(line)
  for (a = 1; a < ARGC; a++) {
    n = split(ARGV[a], want, " ")
    print "="
    for (l = 1; l <= count; l++) {
      m = split(lines[l], field, /[ \\t\\r]+/); found = ""
      s = field[1] == "" ? 2 : 1
      if (m <= s || !rival(tolower(field[s]), want[1])) continue
      for (f = s + 1; f <= m; f++) for (w = 2; w <= n; w++)
        if (field[f] != "" && tolower(field[f]) == want[w]) found = found " " want[w]
      if (found != "") print tolower(field[s]) found
    }
  }
}`;

const kind = defineRead<readonly HostsLine[]>({
  name: "hosts-entry",
  outlastsPackages: true,
  tidy: true,
  hangsOn: (_key, path) => path === "/etc/hosts",
  ask: (keys) => sh`awk ${program} ${keys} 2>/dev/null`,
  split: splitRecords,
  parse: (record) => parseHostsLines(record.toString()),
});

/**
 * The lines of /etc/hosts in which one of the names stands for the address, or for another one that counts in its
 * place: one of the same family, or the machine's own. Of each line only these names are told, so that the answer does
 * not hang on other names.
 *
 * @see hosts(5)
 */
export function hostsEntry(address: string, names: readonly string[]): Read<readonly HostsLine[]> {
  return kind([address, ...names].join(" "));
}

/** Lines `ADDRESS NAME…`. */
export function parseHostsLines(record: string): readonly HostsLine[] {
  return linesOf(record)
    .map((line) => line.split(" "))
    .map(([address = "", ...names]) => ({ address, names }));
}
