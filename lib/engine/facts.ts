import { rawSh } from "../shell/sh.ts";
import { defineRead } from "./read.ts";

/** What every first frame brings. */
export interface HostFacts {
  /** `debian`, from os-release's ID. */
  readonly os: string;
  /** `12`, from VERSION_ID; empty on rolling distributions. */
  readonly osVersion: string;
  /** `bookworm`, from VERSION_CODENAME; empty where there is none. */
  readonly osCodename: string;
  /** `x86_64`, as the kernel calls it. */
  readonly architecture: string;
  readonly kernel: string;
  /** The version of the control group hierarchy that systemd uses. */
  readonly cgroupVersion: 1 | 2;
  readonly bootId: string;
}

// dash reads a file below /proc/sys byte by byte and gets the first byte only, so the boot id is taken by cat.
const ask = rawSh(`( . /etc/os-release 2>/dev/null; printf '%s\\n' "$ID" "$VERSION_ID" "$VERSION_CODENAME" )
uname -m -r
[ -e /sys/fs/cgroup/cgroup.controllers ] && echo 2 || echo 1
cat /proc/sys/kernel/random/boot_id`);

/**
 * @see os-release(5), cgroups(7), random(4)
 */
export const hostFacts = defineRead<HostFacts>({
  name: "host-facts",
  tidy: true,
  ask: () => ask,
  split: (output) => [output],
  parse(record) {
    const [os = "", osVersion = "", osCodename = "", machine = "", cgroup = "", bootId = ""] = record
      .toString()
      .split("\n");
    const [kernel = "", architecture = ""] = machine.split(" ");
    return { os, osVersion, osCodename, architecture, kernel, cgroupVersion: cgroup === "2" ? 2 : 1, bootId };
  },
});
