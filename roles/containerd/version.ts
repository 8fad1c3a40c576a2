import { defineRead } from "../../lib/engine/read.ts";
import { rawSh } from "../../lib/shell/sh.ts";

/** The release of the installed containerd, `1.6.20` or `v2.3.7`; `undefined` where there is none. */
export const containerdRelease = defineRead<string | undefined>({
  name: "containerd-release",
  ask: () => rawSh("containerd --version 2>/dev/null; :"),
  split: (output) => [output],
  parse: (record) => parseContainerdVersion(record.toString()),
})("containerd");

/** The third word of `containerd --version`, after the path of its repository; Debian adds its revision: `1.6.20~ds1`. */
export function parseContainerdVersion(line: string): string | undefined {
  return /^containerd \S+ (v?\d+\.\d+\.\d+)/.exec(line)?.[1];
}
