import { defineRead, type Read } from "../engine/read.ts";
import { rawSh } from "../shell/sh.ts";

export interface HostnameState {
  /** The kernel's, until the next boot. */
  readonly live: string;
  /** That of /etc/hostname; `undefined` where there is none. */
  readonly saved: string | undefined;
}

const kind = defineRead<HostnameState>({
  name: "hostname",
  outlastsPackages: true,
  tidy: true,
  hangsOn: (_key, path) => path === "/etc/hostname",
  ask: () => rawSh(`uname -n; [ ! -f /etc/hostname ] || cat /etc/hostname`),
  split: (output, keys) => keys.map(() => output),
  parse: (record) => parseHostname(record.toString()),
});

/** The host's name: the kernel's and that of /etc/hostname. */
export const hostname: Read<HostnameState> = kind("host");

/**
 * The output of `uname -n`, then /etc/hostname, in which lines of `#` are comments.
 *
 * @see hostname(5)
 */
export function parseHostname(record: string): HostnameState {
  const [live = "", ...file] = record.split("\n").map((line) => line.trim());
  return { live, saved: file.find((line) => line !== "" && !line.startsWith("#")) };
}
