import { hostname, userInfo } from "node:os";
import { quote } from "../shell/quote.ts";

/** Who runs, as it is told to a second run that meets the lock. */
export interface RunIdentity {
  /** Unique for each run; letters and digits. */
  readonly id: string;
  /** `alice@laptop, site`. */
  readonly who: string;
}

export function runIdentity(id: string, playbook: string): RunIdentity {
  return { id, who: `${userInfo().username}@${hostname()}, ${playbook}` };
}

/** All that Hostwright keeps on a host while it runs; /run is empty again after a boot. */
export const STATE_DIRECTORY = "/run/hostwright";

/** The directory of one run: its record, heartbeat, and the change in flight. */
export function lockDirectory(run: RunIdentity): string {
  return `${STATE_DIRECTORY}/run-${run.id}`;
}

/** A holder that gave no sign of life for so long is silent: its controller is gone without having closed the line. */
const SILENT_SECONDS = 45;

/**
 * Shell text that takes the host for this run, before anything else in its first frame. Ends the frame with status 75
 * (EX_TEMPFAIL) where it is held, after a mark and who holds it.
 *
 * The lock is a file that names the run that holds the host, and that run's directory: `process` (the session's shell
 * and its start time), `who`, `since`, `beat`, `change`, `worker` (the process group of a frame in flight), `orphan`
 * (its controller is gone). flock only orders those who look, for as long as they look, so that no change inherits it.
 *
 *   no holder, or its shell has ended and nothing of it is in flight -> taken
 *   controller gone, or silent, but a change in flight               -> waits for the change, up to `waitSeconds`
 *   silent, nothing in flight                                        -> its idle shell is ended, and the lock is taken
 *   alive                                                            -> held
 */
export function lockText(run: RunIdentity, waitSeconds: number): string {
  return `
hw_start() { hw_s=; { read -r hw_l <"/proc/$1/stat"; } 2>/dev/null && { hw_l=\${hw_l##*) }; set -- $hw_l; shift 19; hw_s=$1; }; [ -n "$hw_s" ]; }
hw_try() {
  hw_h=; [ -f "$D/holder" ] && read -r hw_h <"$D/holder"
  if [ -n "$hw_h" ] && [ "$hw_h" != "$R" ] && [ -d "$hw_h" ]; then
    hw_p=; hw_b=; hw_w=; hw_idle=1
    [ -f "$hw_h/process" ] && read -r hw_p hw_b <"$hw_h/process"
    [ -f "$hw_h/worker" ] && read -r hw_w <"$hw_h/worker"
    [ -n "$hw_w" ] && kill -0 -"$hw_w" 2>/dev/null && hw_idle=
    if [ -n "$hw_p" ] && hw_start "$hw_p" && [ "$hw_s" = "$hw_b" ]; then
      hw_gone=; [ -f "$hw_h/orphan" ] && hw_gone=1
      hw_t=$(stat -c %Y "$hw_h/beat" 2>/dev/null); [ $(($(date +%s) - \${hw_t:-0})) -gt ${SILENT_SECONDS} ] && hw_gone=1
      [ -n "$hw_gone" ] || return 1
      [ -n "$hw_idle" ] || return 2
      kill -KILL "$hw_p" 2>/dev/null
    else
      [ -n "$hw_idle" ] || return 2
    fi
    rm -rf "$hw_h"
  fi
  echo "$R" >"$D/holder"
}
D=${STATE_DIRECTORY} R=${lockDirectory(run)}
umask 077; mkdir -p "$R"; hw_start "$P"; echo "$P $hw_s" >"$R/process"; : >"$R/beat"
printf '%s\\n' ${quote(run.who)} >"$R/who"; date +%s >"$R/since"; umask 022
hw_n=0 hw_told=
while :; do
  exec 9>"$D/mutex"; flock 9; hw_try; hw_r=$?; exec 9>&-
  [ "$hw_r" = 0 ] && break
  [ "$hw_r" = 1 ] && hw_m=10 || hw_m=${waitSeconds * 5}
  [ "$hw_r" = 2 ] && [ -z "$hw_told" ] && hw_told=1 && printf '\\n%s waiting\\n' "$T" >&2
  hw_n=$((hw_n + 1))
  if [ "$hw_n" -gt "$hw_m" ]; then
    printf '\\n%s held\\n' "$T"
    for hw_f in who since change; do hw_v=; [ -f "$hw_h/$hw_f" ] && read -r hw_v <"$hw_h/$hw_f"; echo "$hw_f $hw_v"; done
    rm -rf "$R"; exit 75
  fi
  sleep 0.2
done
`;
}

/** What the lock's text printed of its holder, where the frame ended because the host is held. */
export function heldBy(output: string, token: string): string | undefined {
  const [before, holder] = output.split(`\n${token} held\n`);
  return before?.trim() === "" ? holder : undefined;
}

/** The message for a host that another run holds. */
export function heldMessage(host: string, output: string): string {
  const field = (name: string) => new RegExp(`^${name} (.+)$`, "m").exec(output)?.[1];
  const since = Number(field("since"));
  const time = Number.isFinite(since) ? ` since ${new Date(since * 1000).toISOString()}` : "";
  const change = field("change");
  return (
    `${host}: held by another run: ${field("who") ?? "unknown"}${time}` +
    `${change ? `, which is applying ${change}` : ""}; wait for it to end, or end it, then run again`
  );
}
