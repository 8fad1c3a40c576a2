/**
 * systemd-analyze takes a file by its name only, so a copy is judged: beside nothing else for a unit's own file, in
 * front of the host's units for a drop-in. Its status does not tell a unit that would be refused from one whose program
 * or dependency is missing as yet; the sentence that it prints does. (No `%s` in here: that stands for the new file.)
 */
const VERIFY = `command -v systemd-analyze >/dev/null || exit 0
d=$(mktemp -d /run/hostwright-verify.XXXXXX) || exit 1
trap 'rm -rf "$d"' EXIT
if [ -n "$3" ]; then mkdir "$d/$2.d" && cp "$1" "$d/$2.d/$3" && what=$4
else cp "$1" "$d/$2" && what=$d/$2; fi || exit 1
said=$(SYSTEMD_UNIT_PATH=$d: systemd-analyze verify --man=no "$what" 2>&1)
echo "$said" | grep -F "\${2%%@*}" | sed "s,$d/,,g"
case $said in *"Unit \${2%%@*}"*" has a bad unit file setting."*) exit 1;; esac
exit 0`;

/** Words that judge the file `%s` as the file, or a drop-in, of a unit. */
export function verifyUnit(unit: string, dropIn: string | undefined): readonly string[] {
  return ["sh", "-c", VERIFY, "sh", "%s", unit, dropIn ?? "", unit.replace("@.", "@hostwright.")];
}
