import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { type Change, converged, pending, predict, unknowableWhere } from "../engine/plan.ts";
import { defineTask } from "../engine/task.ts";
import { HostName, IpAddress, isLoopback } from "../params/network.ts";
import { type HostsLine, hostsAwk, hostsEntry as hostsLines } from "../reads/hosts-entry.ts";
import type { Sh } from "../shell/sh.ts";
import { rewriteText, textTouched } from "./kept-line.ts";

const Params = z
  .strictObject({
    address: IpAddress,
    /** The first is the canonical one, which `hostname -f` shows; aliases follow. */
    names: z
      .array(HostName)
      .nonempty()
      .refine((names) => new Set(names).size === names.length, "has to name each name once"),
    /** The names are not to stand for the address; what they stand for otherwise stays. */
    absent: z.literal(true).optional(),
  })
  .refine(({ address, names, absent }) => absent || isLoopback(address) || !names.includes("localhost"), {
    path: ["names"],
    message: "localhost has to stay an address of the machine itself",
  });

/**
 * A line of /etc/hosts: names that stand for this address, and for no other of its family.
 *
 * The names are taken out of lines of other addresses, that of the machine itself (`127.0.1.1 cp-1`, as Debian's
 * installer writes it) included: a cluster's node that finds itself there advertises an address that nobody else can
 * reach. Other names of these lines stay, and so do lines of the other family: a name may have an IPv4 and an IPv6
 * address. A line that already has the names in this order will do, whatever else is on it. IPv6 addresses are compared
 * as they are written.
 *
 * @example
 * hostsEntry({ address: "10.0.0.11", names: ["cp-1.example.com", "cp-1"] });
 * hostsEntry({ address: "10.0.0.9", names: ["old"], absent: true });
 * @throws UsageError for parameters that are not valid
 * @see hosts(5); Debian Reference, 5.1.1 for 127.0.1.1
 */
export const hostsEntry = defineTask({
  name: "hostsEntry",
  params: Params,
  subject: ({ address, names }) => `${address} ${names.join(" ")}`,
  reads: ({ address, names }) => ({ lines: hostsLines(address, names) }),
  plan({ address, names, absent }, { lines }) {
    const read = hostsLines(address, names);
    const own = lines.filter((line) => line.address === address);
    const wanted: HostsLine = { address, names };
    const touched = absent ? own : lines;
    if (absent ? own.length === 0 : isDeepStrictEqual(lines, [wanted])) {
      return converged(absent ? "not there" : "in /etc/hosts, and of no other address");
    }
    const change: Change = {
      what: "names",
      from: touched.map(shown).join(", ") || "absent",
      to: absent ? "absent" : shown(wanted),
      commands: [edit(address, names, absent ?? false)],
      predicts: [
        // Another entry that shares a name with this one had to do with the same lines.
        unknowableWhere((other, answer) => other.kind.name === "hosts-entry" && shares(answer, touched)),
        predict(read, absent ? lines.filter((line) => line.address !== address) : [wanted]),
        ...textTouched(FILE),
      ],
    };
    return pending([change]);
  },
});

const FILE = "/etc/hosts";

function shown({ address, names }: HostsLine): string {
  return `${address} ${names.join(" ")}`;
}

function shares(answer: unknown, touched: readonly HostsLine[]): boolean {
  return (answer as readonly HostsLine[]).some((line) =>
    touched.some(({ address, names }) => line.address === address && line.names.some((name) => names.includes(name))),
  );
}

/** Takes the names out where they are, and a line that has none left; then writes the line. */
function edit(address: string, names: readonly string[], absent: boolean): Sh {
  const program = `${hostsAwk}
function remains(line,   rest, out, word, left) {
  match(line, /^[ \\t]*[^ \\t]+/); out = substr(line, 1, RLENGTH); rest = substr(line, RLENGTH + 1)
  while (match(rest, /^[ \\t\\r]+[^ \\t\\r]+/)) {
    word = substr(rest, 1, RLENGTH); rest = substr(rest, RLENGTH + 1)
    if (index(names, " " tolower(trimmed(word)) " ")) continue
    out = out word; left++
  }
  return left ? out rest : ""
}
function trimmed(word) { gsub(/[ \\t\\r]/, "", word); return word }
BEGIN { address = ENVIRON["hw_address"]; names = " " ENVIRON["hw_names"] " "; absent = ENVIRON["hw_absent"] }
{
  body = bare($0); n = split(body, field); here = tolower(field[1])
  if (n < 2 || (absent ? here != address : !rival(here, address))) { print; next }
  kept = remains(body)
  if (kept == body) print
  else if (kept != "") print kept substr($0, length(body) + 1)
}
END { if (!absent) print address "\\t" ENVIRON["hw_names"] }`;
  return rewriteText({ path: FILE, header: "" }, program, {
    hw_address: address,
    hw_names: names.join(" "),
    hw_absent: absent ? "1" : "",
  });
}
