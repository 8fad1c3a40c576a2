import { joinSh, rawSh, type Sh, sh } from "../shell/sh.ts";

export interface InstallOptions {
  readonly recommends: boolean;
  readonly cacheMaxAgeMs: number;
  readonly lockTimeoutMs: number;
  /** The task itself says what becomes of a hold. */
  readonly changeHeld: boolean;
}

/** Where it is noted that the lists were brought up to date: apt itself notes nothing. */
const NOTES = "/var/lib/hostwright";
const STAMP = `${NOTES}/apt-updated`;

/**
 * `hw_locked COMMAND…` runs it, again and again while another process holds a lock of apt or dpkg: apt's own
 * DPkg::Lock::Timeout waits for those of dpkg, not for that of the lists. What it prints on stderr is looked at in a
 * file, since a daemon that a package starts may hold a pipe open for good.
 */
const LOCKED = `hw_locked() {
  mkdir -p /run/hostwright; hw_f=/run/hostwright/apt-stderr; hw_until=$(($(date +%s) + hw_lock)); hw_told=
  while :; do
    "$@" 2>"$hw_f"; hw_r=$?; hw_e=$(cat "$hw_f")
    [ "$hw_r" = 0 ] && break
    case $hw_e in *"Could not get lock"*|*"was locked by another process"*) ;; *) break;; esac
    if [ "$(date +%s)" -ge "$hw_until" ]; then
      hw_e="gave up after $hw_lock s of waiting for a lock: $(printf %s "$hw_e" | grep -m1 lock)"; break
    fi
    [ -n "$hw_told" ] || { printf 'waiting for a lock: '; grep -m1 lock "$hw_f"; }
    hw_told=1; sleep 1
  done
  rm -f "$hw_f"
  [ -z "$hw_e" ] || printf '%s\\n' "$hw_e"
  return "$hw_r"
}
hw_configure() { hw_locked dpkg --force-confdef --force-confold --configure -a; }
hw_get() {
  [ -z "$(ls -A /var/lib/dpkg/updates 2>/dev/null)" ] || hw_configure || return
  hw_locked apt-get -q -y -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
}`;

/**
 * After which an update is begun again, that time for as long as it takes: apt waits for ever where a proxy hangs up
 * between two of its requests (seen with apt 2.6 behind apt-cacher-ng), and a second one goes through.
 */
const UPDATE_SECONDS = 300;

/**
 * The lists are fresh when they were brought up to date, by whomever, within so many minutes and after the last change
 * of a source. Where apt then does not know what is wanted, or a mirror has dropped it, they are not.
 */
const INSTALL = `hw_fresh() {
  ls /var/lib/apt/lists/*Release >/dev/null 2>&1 || return 1
  for hw_s in ${STAMP} /var/lib/apt/periodic/update-success-stamp /var/lib/apt/lists; do
    [ -n "$(find "$hw_s" -prune -mmin -"$hw_minutes" 2>/dev/null)" ] || continue
    [ -n "$(find /etc/apt/sources.list /etc/apt/sources.list.d -newer "$hw_s" 2>/dev/null)" ] || return 0
  done
  return 1
}
hw_lists() { hw_locked "$@" apt-get -q -o APT::Update::Error-Mode=any update; }
hw_update() {
  mkdir -p ${NOTES} && : >${STAMP}.new || return
  hw_lists timeout --foreground -k 10 ${UPDATE_SECONDS} || {
    [ "$hw_r" = 124 ] || return "$hw_r"
    echo "the update of the lists did not end within ${UPDATE_SECONDS} s: once more"
    hw_lists || return
  }
  mv -f ${STAMP}.new ${STAMP}
}
hw_install() {
  hw_new=
  hw_fresh || { hw_update || return; hw_new=1; }
  hw_get "$@" && return
  [ -z "$hw_new" ] || return "$hw_r"
  case $hw_e in
  *"Unable to locate package"*|*"was not found"*|*"no installation candidate"*|*"Unable to fetch"*) ;;
  *) return "$hw_r";;
  esac
  echo "the package lists may be out of date: once more with new ones"
  hw_update && hw_get "$@"
}
hw_there() {
  for hw_p; do
    case $(dpkg-query -W -f '\${db:Status-Status}' -- "$hw_p" 2>/dev/null) in
    ''|not-installed) echo "$hw_p is no package but a name that others provide: demand one of them"; return 1;;
    esac
  done
}`;

/** Installs packages, or other versions of them, after the lists were brought up to date where that is due. */
export function aptInstall(
  packages: readonly { readonly name: string; readonly wanted: string | undefined }[],
  options: InstallOptions,
): Sh {
  const flags = [
    "--no-remove",
    options.recommends ? "--install-recommends" : "--no-install-recommends",
    ...(packages.some(({ wanted }) => wanted !== undefined) ? ["--allow-downgrades"] : []),
    ...(options.changeHeld ? ["--allow-change-held-packages"] : []),
    // Otherwise a name that is unknown and has a dot is a regular expression, and what it matches is installed.
    ...["-o", "APT::Cmd::Pattern-Only=true"],
  ];
  const words = packages.map(({ name, wanted }) => (wanted === undefined ? name : `${name}=${wanted}`));
  const names = packages.map(({ name }) => name);
  return joinSh([installing(options), sh`hw_install ${flags} install -- ${words} && hw_there ${names}`]);
}

/** Removes packages, with `purge` their configuration as well. */
export function aptRemove(names: readonly string[], options: { purge: boolean; lockTimeoutMs: number }): Sh {
  return locked(options.lockTimeoutMs, sh`hw_get ${options.purge ? "purge" : "remove"} -- ${names}`);
}

/** Ends what an interrupted dpkg has left; what the packages need and is not there is installed. */
export function dpkgConfigure(options: Pick<InstallOptions, "cacheMaxAgeMs" | "lockTimeoutMs">): Sh {
  return joinSh([
    installing(options),
    // Mends all of them or, when it is given names, none.
    rawSh("hw_configure || hw_install --no-remove --no-install-recommends --fix-broken install"),
  ]);
}

export function markHold(names: readonly string[], options: { hold: boolean; lockTimeoutMs: number }): Sh {
  return locked(options.lockTimeoutMs, sh`hw_locked apt-mark ${options.hold ? "hold" : "unhold"} -- ${names}`);
}

function installing({ cacheMaxAgeMs, lockTimeoutMs }: Pick<InstallOptions, "cacheMaxAgeMs" | "lockTimeoutMs">): Sh {
  const minutes = Math.ceil(cacheMaxAgeMs / 60_000);
  return joinSh([rawSh(`hw_minutes=${minutes}`), rawSh(INSTALL), locked(lockTimeoutMs, sh``)]);
}

function locked(lockTimeoutMs: number, command: Sh): Sh {
  return joinSh([rawSh(`hw_lock=${Math.ceil(lockTimeoutMs / 1000)}`), rawSh(LOCKED), command]);
}
