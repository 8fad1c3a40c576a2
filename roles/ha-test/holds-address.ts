import { defineRead, type Read } from "../../lib/engine/read.ts";
import { joinSh, rawSh, sh } from "../../lib/shell/sh.ts";

/** Whether the host carries an address on one of its interfaces. One `ip` for all addresses. */
export const holdsAddress: (address: string) => Read<boolean> = defineRead({
  name: "holds-address",
  ask: (addresses) =>
    joinSh([
      rawSh(
        `hw_all=$(ip -o addr show 2>/dev/null); hw_held() { case $hw_all in *" $1/"*) echo yes;; *) echo no;; esac; }`,
      ),
      ...addresses.map((address) => sh`hw_held ${address}`),
    ]),
  split: (output, keys) => {
    const lines = output.toString("latin1").split("\n");
    return keys.map((_, index) => Buffer.from(`${lines[index] ?? ""}\n`, "latin1"));
  },
  parse: (record) => record.toString() === "yes\n",
});
