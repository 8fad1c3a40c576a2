import { type Change, type Prediction, predict, unknowableWhere } from "../engine/plan.ts";
import { takenAsked, takenFile } from "../reads/taken-file.ts";
import { RESTART_RECORDS } from "../reads/unit-question.ts";
import { unitActive } from "../reads/units.ts";
import { joinSh, rawSh, type Sh, sh } from "../shell/sh.ts";

/** A file that a unit takes when it starts or reloads, as it is now. */
export interface OwedFile {
  readonly path: string;
  readonly digest: string | undefined;
}

interface Settling {
  readonly unit: string;
  readonly holdMs: number;
  readonly settleMs: number;
}

export function start(settling: Settling, active: string, files: readonly OwedFile[]): Change {
  const { unit } = settling;
  return {
    what: "state",
    from: active,
    to: "active",
    // After too many failures systemd refuses to start a unit; what it failed of may be mended now.
    commands: [bringUp(settling, sh`systemctl reset-failed -- ${unit} 2>/dev/null; systemctl start -- ${unit}`, files)],
    predicts: upPredictions(unit, files),
  };
}

export function restart(settling: Settling, changed: readonly string[], files: readonly OwedFile[]): Change {
  const { unit } = settling;
  return {
    what: "restart",
    from: `owed: ${changed.join(", ")} changed since ${unit} was started`,
    to: "done",
    commands: [
      bringUp(settling, sh`systemctl reset-failed -- ${unit} 2>/dev/null; systemctl restart -- ${unit}`, files),
    ],
    predicts: upPredictions(unit, files),
  };
}

export function reload(settling: Settling, changed: readonly string[], files: readonly OwedFile[]): Change {
  const { unit } = settling;
  return {
    what: "reload",
    from: `owed: ${changed.join(", ")} changed since ${unit} read it`,
    to: "done",
    commands: [bringUp(settling, sh`systemctl reload -- ${unit}`, files)],
    predicts: tookAll(unit, files),
  };
}

/** A unit that fails while it is stopped is stopped: it is not left among the failed ones. */
export function stop(unit: string, active: string): Change {
  return {
    what: "state",
    from: active,
    to: "inactive",
    commands: [sh`systemctl stop -- ${unit} && { systemctl reset-failed -- ${unit} 2>/dev/null; :; }`],
    predicts: [predict(unitActive(unit), "inactive"), takenUnknown(unit)],
  };
}

function upPredictions(unit: string, files: readonly OwedFile[]): readonly Prediction[] {
  return [takenUnknown(unit), predict(unitActive(unit), "active"), ...tookAll(unit, files)];
}

function tookAll(unit: string, files: readonly OwedFile[]): readonly Prediction[] {
  return files.map(({ path, digest }) => predict(takenFile(unit, path), { kind: "took", digest }));
}

function takenUnknown(unit: string): Prediction {
  return unknowableWhere((read) => takenAsked(read)?.unit === unit);
}

/**
 * Waits until the unit is up: at once where systemd knows when a service is ready, else when it has stayed up, without
 * a restart, for `$2` seconds. Gives up when it has failed, or after `$3` seconds.
 *
 * @see systemd.service(5), Type=
 */
const SETTLE = `hw_show() { systemctl show -p ActiveState,NRestarts,InvocationID,Type -- "$1"; }
hw_settle() {
  hw_end=$(($(date +%s) + $3))
  while :; do
    hw_now=$(hw_show "$1")
    case $hw_now in
    *ActiveState=active*)
      case $hw_now in *Type=notify*|*Type=dbus*|*Type=oneshot*) return 0;; *Type=*) ;; *) return 0;; esac
      sleep "$2"; [ "$(hw_show "$1")" = "$hw_now" ] && return 0;;
    *ActiveState=failed*|*ActiveState=inactive*) return 1;;
    *) sleep 0.2;;
    esac
    [ "$(date +%s)" -le "$hw_end" ] || return 1
  done
}`;

/**
 * `hw_tell UNIT SECONDS` prints how the unit is, and what it has said since that time. The journal is asked by time, for
 * the lines of a process that ends at once often carry no invocation: systemd has forgotten it before journald looks.
 *
 * @see https://github.com/systemd/systemd/issues/2913
 */
const TELL = `hw_tell() {
  systemctl status --no-pager --full --lines=0 -- "$1"
  timeout 5 journalctl --sync 2>/dev/null
  journalctl --no-pager -q -n 10 -o cat -u "$1"
  printf '%s; its last words: ' "$(systemctl show -p Result -- "$1")"
  journalctl --no-pager -q -n 2 -o cat --since "@$2" "_SYSTEMD_UNIT=$1" | tr '\\n' ' '; echo
}`;

/** `hw_record UNIT DIGESTS PATH…` notes what the unit took; what other tasks noted of the same start stays. */
const RECORD = `hw_n='
'; hw_record() {
  hw_to=${RESTART_RECORDS}/$1; hw_sums=$hw_n$2$hw_n
  hw_i=$(systemctl show -p InvocationID --value -- "$1"); shift 2
  mkdir -p ${RESTART_RECORDS} && {
    [ ! -f "$hw_to" ] || while read -r hw_ri hw_rd hw_rp; do
      [ "$hw_ri" = "$hw_i" ] || continue
      for hw_p; do [ "$hw_p" != "$hw_rp" ] || continue 2; done
      echo "$hw_ri $hw_rd $hw_rp"
    done <"$hw_to"
    for hw_p; do
      hw_d=-
      case $hw_sums in *"  $hw_p$hw_n"*) hw_d=\${hw_sums%%"  $hw_p$hw_n"*}; hw_d=\${hw_d##*"$hw_n"};; esac
      echo "$hw_i $hw_d $hw_p"
    done
  } >"$hw_to.new" && mv -f "$hw_to.new" "$hw_to"
}`;

/** The digests are taken before the unit is started: what is written later it has not taken. */
function bringUp({ unit, holdMs, settleMs }: Settling, verb: Sh, files: readonly OwedFile[]): Sh {
  const paths = files.map(({ path }) => path);
  const settle = sh`hw_settle ${unit} ${holdMs / 1000} ${Math.ceil(settleMs / 1000)}`;
  const run = sh`hw_at=$(date +%s); { ${verb}; } && ${settle} || { hw_tell ${unit} "$hw_at"; exit 1; }`;
  const shared = [rawSh(SETTLE), rawSh(TELL)];
  if (paths.length === 0) return joinSh([...shared, run]);
  return joinSh([
    ...shared,
    rawSh(RECORD),
    sh`hw_s=$(sha256sum -- ${paths} 2>/dev/null)`,
    run,
    sh`hw_record ${unit} "$hw_s" ${paths}`,
  ]);
}
