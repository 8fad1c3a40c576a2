import { joinSh, rawSh, type Sh, sh } from "../shell/sh.ts";

/** Where restarts of units are recorded: gone after a boot, as are the units that they tell of. */
export const RESTART_RECORDS = "/run/hostwright/restarts";

const PLAIN = ["LoadState", "ActiveState", "UnitFileState", "NeedDaemonReload", "Type", "RemainAfterExit", "CanReload"];
const OF_START = ["InvocationID", "InactiveExitTimestamp"];

/**
 * All that is asked of units, in one question: `UNIT ASPECT` for a line of properties, `UNIT taken PATH` for what the
 * unit took of a file. systemd looks at the disk for each unit that it shows, which is most of the cost, so each is
 * shown once. `systemctl show` prints blocks in the order of its arguments; the name inside a block may be another than
 * the one asked for (aliases).
 *
 * A line about a file: `STATE INVOCATION RECORDED CURRENT CHANGED STARTED…`. RECORDED is the digest in a record line
 * `INVOCATION DIGEST PATH` of this very start (`?` without one, `-` for no file), CURRENT that of the file as it is.
 *
 * @see systemctl(1); `--timestamp=us` needs systemd 247
 */
export const unitQuestion = {
  name: "unit",
  tidy: true,
  ask(keys: readonly string[]): Sh {
    // Sorted keys of one unit stand together.
    const units = [...new Set(keys.map((key) => parseUnitKey(key).unit))];
    const paths = [...new Set(keys.flatMap((key) => parseUnitKey(key).path ?? []))];
    const words = units.flatMap((unit) => {
      const own = keys.map(parseUnitKey).filter((key) => key.unit === unit);
      return [`=${unit}`, ...own.map(({ path }) => path ?? "-")];
    });
    const show = sh`TZ=UTC systemctl show --timestamp=us -p ${[...PLAIN, ...OF_START].join(",")} -- ${units} 2>/dev/null`;
    return joinSh([
      ...(paths.length > 0 ? [files(paths)] : []),
      rawSh(BLOCKS),
      sh`{ ${show}; echo; } | hw_units ${words}`,
    ]);
  },
  split(output: Buffer, keys: readonly string[]): readonly Buffer[] {
    const lines = output.toString("latin1").split("\n");
    if (lines.length !== keys.length + 1) throw new Error(`${lines.length - 1} lines for ${keys.length} questions`);
    return keys.map((_, index) => Buffer.from(`${lines[index]}\n`, "latin1"));
  },
};

export function parseUnitKey(key: string): { unit: string; aspect: string; path: string | undefined } {
  const [unit = "", aspect = ""] = key.split(" ");
  return { unit, aspect, path: aspect === "taken" ? key.slice(unit.length + aspect.length + 2) : undefined };
}

const BLOCKS = `hw_keys() {
  hw_u=\${1#=}; shift; hw_k=1
  while [ $# -gt 0 ]; do
    case $1 in =*) break;; -) echo "$hw_p";; *) hw_taken "$hw_u" "$1";; esac
    shift; hw_k=$((hw_k + 1))
  done
}
hw_units() {
  hw_p=; hw_a=; hw_i=; hw_t=
  while [ $# -gt 0 ]; do
    if IFS= read -r hw_l && [ -n "$hw_l" ]; then
      case $hw_l in
      InvocationID=*) hw_i=\${hw_l#*=};;
      InactiveExitTimestamp=*) hw_t=\${hw_l#*=};;
      *) hw_p="$hw_p$hw_l "; case $hw_l in ActiveState=*) hw_a=\${hw_l#*=};; esac;;
      esac
    else hw_keys "$@"; shift "$hw_k"; hw_p=; hw_a=; hw_i=; hw_t=
    fi
  done
}`;

/** One sha256sum and one stat for all files. */
function files(paths: readonly string[]): Sh {
  return joinSh([
    rawSh(`hw_n='\n'; hw_taken() {
  hw_d='?'
  [ -z "$hw_i" ] || [ ! -f ${RESTART_RECORDS}/"$1" ] || while read -r hw_ri hw_rd hw_rp; do
    [ "$hw_ri" = "$hw_i" ] && [ "$hw_rp" = "$2" ] && hw_d=$hw_rd
  done <${RESTART_RECORDS}/"$1"
  hw_c=-; hw_z=-
  case $hw_sums in *"  $2$hw_n"*) hw_c=\${hw_sums%%"  $2$hw_n"*}; hw_c=\${hw_c##*"$hw_n"};; esac
  case $hw_times in *" $2$hw_n"*) hw_z=\${hw_times%%" $2$hw_n"*}; hw_z=\${hw_z##*"$hw_n"};; esac
  echo "\${hw_a:--} \${hw_i:--} $hw_d $hw_c $hw_z $hw_t"
}`),
    sh`hw_sums="$hw_n$(sha256sum -- ${paths} 2>/dev/null)$hw_n"`,
    sh`hw_times="$hw_n$(stat -L -c '%.6Z %n' -- ${paths} 2>/dev/null)$hw_n"`,
  ]);
}
