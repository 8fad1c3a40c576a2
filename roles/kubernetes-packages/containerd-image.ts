import { defineRead } from "../../lib/engine/read.ts";
import { joinSh, rawSh, sh } from "../../lib/shell/sh.ts";

/**
 * The digest of an image that containerd has for the kubelet, by the image's full name; `undefined` where it has none,
 * or does not run. One `ctr` for all images.
 */
export const containerdImage = defineRead<string | undefined>({
  name: "containerd-image",
  ask: (names) =>
    joinSh([
      rawSh(`hw_n='\n'; hw_all="$hw_n$(ctr -n k8s.io images ls 2>/dev/null | tr -s '\\t ' ' ')"; hw_image() {
  case $hw_all in *"$hw_n$1 "*) ;; *) echo -; return;; esac
  hw_l=\${hw_all#*"$hw_n$1 "}; echo "\${hw_l%%"$hw_n"*}"
}`),
      ...names.map((name) => sh`hw_image ${name}`),
    ]),
  split: (output, keys) => {
    const lines = output.toString("latin1").split("\n");
    if (lines.length !== keys.length + 1) throw new Error(`${lines.length - 1} lines for ${keys.length} images`);
    return keys.map((_, index) => Buffer.from(`${lines[index]}\n`, "latin1"));
  },
  parse: (record) => parseImageLine(record.toString()),
});

/** What `ctr images ls` prints behind the name: type, digest, size, platforms, labels. */
export function parseImageLine(line: string): string | undefined {
  return /^\S+ (sha256:[0-9a-f]{64}) /.exec(line)?.[1];
}
