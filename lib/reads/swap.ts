import { defineRead, type Read } from "../engine/read.ts";
import { rawSh } from "../shell/sh.ts";

/** A unit that switches swap on at boot, and how it can be kept from that: one that is generated cannot be disabled. */
export interface SwapUnit {
  readonly name: string;
  readonly remedy: "disable" | "mask";
}

export interface SwapState {
  /** Devices and files that the kernel swaps to now. */
  readonly active: readonly string[];
  /** What /etc/fstab has switched on at boot, by the first field of its lines. */
  readonly fstab: readonly string[];
  /** What else switches swap on at boot, by name: systemd's units, also generated ones (zram, discovered partitions). */
  readonly units: readonly SwapUnit[];
}

/** In awk: whether a line of fstab is swap that is switched on at boot. */
export const isSwapLine = `$1 !~ /^#/ && $3 == "swap" && ("," $4 ",") !~ /,noauto,/`;

/** Services that switch swap on by themselves: zram-tools, Ubuntu's zram-config, Raspberry Pi OS's swap file. */
const SERVICES = ["zramswap", "zram-config", "dphys-swapfile", "swapspace"];

// A unit counts when a link wants it at boot, it is not masked (a link to /dev/null), and it was not made from fstab.
const ask = rawSh(`awk 'FNR > 1 { print "active " $1 }' /proc/swaps 2>/dev/null
awk '${isSwapLine} { print "fstab " $1 }' /etc/fstab 2>/dev/null
hw_w=; for hw_d in /etc/systemd/system /run/systemd/generator* /usr/lib/systemd/system /lib/systemd/system; do
  [ -d "$hw_d" ] || continue
  for hw_u in "$hw_d"/*.wants/*.swap "$hw_d"/*.requires/*.swap ${SERVICES.map((name) => `"$hw_d"/*.wants/${name}.service`).join(" ")}; do
    [ -L "$hw_u" ] || [ -e "$hw_u" ] || continue
    hw_n=\${hw_u##*/}
    [ ! -c "/etc/systemd/system/$hw_n" ] || continue
    ! grep -qs '^SourcePath=/etc/fstab' "$hw_u" || continue
    hw_r=mask
    case $hw_d:$hw_n in /etc/*|*.service) hw_r=disable;; esac
    printf 'unit %s %s\\n' "$hw_r" "$hw_n"
  done
done; :`);

const kind = defineRead<SwapState>({
  name: "swap",
  outlastsPackages: true,
  hangsOn: (_key, path) => path === "/etc/fstab",
  ask: () => ask,
  split: (output, keys) => keys.map(() => output),
  parse: (record) => parseSwap(record.toString()),
});

/**
 * What the host swaps to, now and at the next boot.
 *
 * @see proc_swaps(5), fstab(5), systemd.swap(5)
 */
export const swap: Read<SwapState> = kind("host");

/** Lines `active NAME`, `fstab SPEC` and `unit REMEDY NAME`. The kernel writes blanks in names as `\040`. */
export function parseSwap(record: string): SwapState {
  const lines = record.split("\n");
  const rest = (word: string) =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  const units = new Map<string, SwapUnit>();
  for (const [remedy, name] of rest("unit").map((line) => line.split(" "))) {
    if (name && !units.has(name)) units.set(name, { name, remedy: remedy === "disable" ? "disable" : "mask" });
  }
  return {
    active: rest("active").map((name) =>
      name.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8))),
    ),
    fstab: rest("fstab"),
    units: [...units.values()],
  };
}
