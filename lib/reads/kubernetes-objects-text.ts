/**
 * What `hw_objects NUMBER…` runs on the host: a line `=` for each number, then a word, in the order of `$hw_table`, whose
 * lines are `NUMBER APIVERSION KIND NAMESPACE NAME ASPECT` between tabs. `hw_objectNUMBER` prints the manifest.
 *
 * First what is there is asked. Objects that are missing are left out by kubectl, kinds that it does not know are
 * errors on stderr, which does not keep it from telling of the others. Then a dry run of those that are there: it prints
 * nothing when one of them is refused, so then each is asked on its own. An object is told from others by what stands in
 * front of it in a line, and has no namespace there if its kind has none.
 *
 * A namespace that was made by an apply has no record of field owners until the next apply, so that a dry run always
 * makes one; it is the same for all that.
 */
export const OBJECTS = `hw_line='={"\\t"}{.apiVersion}{"\\t"}{.kind}{"\\t"}{.metadata.namespace}{"\\t"}{.metadata.name}{"\\t"}{@}{"\\n"}'
hw_feed() { for hw_i; do "hw_object$hw_i"; echo; done; }
hw_get() {
  hw_feed "$@" | hw_kubectl --request-timeout 20s get \${hw_ns:+--namespace "$hw_ns"} --ignore-not-found -f - \\
    -o jsonpath="{range .items[*]}$hw_line{end}" 2>&1
}
hw_dry() {
  hw_p=$hw_line; [ $# = 1 ] || hw_p="{range .items[*]}$hw_line{end}"
  hw_feed "$@" | hw_kubectl --request-timeout 30s apply --server-side --dry-run=server --field-manager "$hw_m" $hw_f \\
    \${hw_ns:+--namespace "$hw_ns"} -f - -o jsonpath="$hw_p" 2>&1
}
hw_sort() {
  printf '%s\\n--\\n%s\\n--\\n%s\\n' "$hw_table" "$hw_live" "$hw_after" | awk -v want="$1" -v manager="$hw_m" '
function bare(line,   from, to) {
  from = index(line, "\\"managedFields\\":[{"); if (!from) return line
  to = index(substr(line, from), "Z\\"}],")
  return substr(line, 1, from - 1) substr(line, from + to + 4)
}
function same(a, b) {
  if (a == b) return 1
  return index(a, "\\"managedFields\\":[{") == 0 && index(b, "\\"before-first-apply\\"") && \\
    !index(b, "\\"manager\\":\\"" manager "\\"") && bare(a) == bare(b)
}
BEGIN { FS = "\\t" }
$0 == "--" { part++; next }
!part { n++; number[n] = $1; gvk[n] = $2 FS $3; space[n] = $4; name[n] = $5; aspect[n] = $6; next }
$1 == "=" && NF > 5 {
  id = $2 FS $3 FS $4 FS $5
  if (part == 1) live[id] = substr($0, length(id) + 4); else after[id] = substr($0, length(id) + 4)
  next
}
$1 == "bad" { bad[$2] = $3; next }
part == 1 && /no matches for kind "/ { sub(/.*no matches for kind /, ""); sub(/ *$/, ""); unknown[$0] = 1; next }
part == 1 && $0 != "" && !/^ensure CRDs are installed first/ && !/^[EWI][0-9]+ / && !/^Warning: / { other = 1 }
END {
  for (i = 1; i <= n; i++) {
    split(gvk[i], part_of, FS); k = number[i]
    id = gvk[i] FS space[i] FS name[i]; if (!(id in live)) id = gvk[i] FS FS name[i]
    none = "\\"" part_of[2] "\\" in version \\"" part_of[1] "\\"" in unknown
    if (want == "asked") { if (id in live && aspect[i] != "present" && live[id] !~ /"deletionTimestamp":"/) print k; continue }
    if (want == "again") { if (other && !(id in live) && !none) print k; continue }
    print "="
    if (k in bad) print "refused " bad[k]
    else if (!(id in live)) print (none ? "unknown-kind" : "absent")
    else if (aspect[i] == "present") print "present"
    else if (live[id] ~ /"deletionTimestamp":"/) print "leaving"
    else if (same(live[id], after[id])) print "same"
    else { print "differs"; if (aspect[i] == "applied") { print live[id]; print after[id] } }
  }
}'
}
hw_objects() {
  hw_why=$(hw_access kubectl) || { for hw_j; do printf '=\\n%s\\n' "$hw_why"; done; return 0; }
  hw_after=; hw_tab=$(printf '\\t'); hw_n='
'
  hw_live=$(hw_get "$@") || {
    if hw_lost "$hw_live"; then
      hw_why="no answer $(hw_flat "$hw_live")"
      for hw_j; do printf '=\\n%s\\n' "$hw_why"; done; return 0
    fi
    for hw_j in $(hw_sort again); do
      if hw_e=$(hw_get "$hw_j"); then hw_live="$hw_live$hw_n$hw_e"
      else case $hw_e in
        *"no matches for kind "*) hw_live="$hw_live$hw_n$hw_e";;
        *) hw_after="$hw_after\${hw_n}bad$hw_tab$hw_j$hw_tab$(hw_flat "$hw_e")";;
        esac
      fi
    done
  }
  set -- $(hw_sort asked)
  if [ $# -gt 0 ]; then
    if hw_e=$(hw_dry "$@"); then hw_after="$hw_after$hw_n$hw_e"
    else for hw_j; do
      if hw_e=$(hw_dry "$hw_j"); then hw_after="$hw_after$hw_n$hw_e"
      else hw_after="$hw_after\${hw_n}bad$hw_tab$hw_j$hw_tab$(hw_flat "$hw_e")"
      fi
    done
    fi
  fi
  hw_sort records
}`;
