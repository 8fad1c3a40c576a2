/**
 * The shell side of a session. One constant line starts it; everything else travels on standard input.
 *
 *   BOOTSTRAP  runs as the login user: reads how to become root, becomes it, and reads the rest
 *   LOOP       runs as root: reads frames of a given length, runs each in a WORKER, keeps the lock's heartbeat
 *   WORKER     a session and process group of its own, so that a frame can be stopped whole
 *
 * They need POSIX sh (dash, bash and busybox ash are tested), head -c, cat and setsid.
 */

/**
 * The one line of a session's exec request. It has neither newline, backslash, `!` nor nested quotes, so that it means
 * the same in every login shell, csh and fish included; and nothing of a host or a secret, since `ps` and sudo's log
 * show it. It reads "MODE PROMPT": `root` (nothing to do), `sudo` (no password) or `password` (sudo asks with PROMPT).
 * The word that it prints as root tells that sudo, if it had anything to ask, has been answered.
 */
export const BOOTSTRAP =
  `exec sh -c 'read -r m p; case $m in ` +
  `root) exec sh -c "$0";; sudo) exec sudo -n -H sh -c "$0";; password) exec sudo -S -H -p "$p" sh -c "$0";; ` +
  `esac' 'echo; echo hostwright; read -r T; IFS= read -r W; IFS= read -r l; eval "$l"'`;

/**
 * While a frame runs, a watcher reads lines: `TOKEN kill SIGNAL` stops the worker's group and `TOKEN beat` is the
 * heartbeat. The end of input (the controller is gone) is noted in the lock; the frame goes on. `read` takes a pipe
 * byte by byte, so that neither side ever takes what is meant for the other.
 */
const WATCH =
  `while read -r a b c <&3; do [ "$a" = "$T" ] && case $b in ` +
  `kill) kill -"$c" -"$w" 2>/dev/null;; beat) [ ! -d "$L" ] || : >"$L/beat";; esac; done; ` +
  `[ ! -d "$L" ] || : >"$L/orphan"`;

/**
 * Descriptor 3 is the channel's input, 4 its output; frames have /dev/null. All that a change prints goes through one
 * `cat` to the channel's stderr: when the line is lost, a second one drains what is still written, so that no package
 * script dies of SIGPIPE half way. `trap : PIPE` rather than ignoring it: an ignored signal would be inherited.
 *
 * A frame that was stopped has ended when its whole group has: what ignores TERM is waited for until KILL comes.
 *
 * `run LENGTH` runs a frame, `put LENGTH PATH` writes what follows into a file, `lock DIRECTORY` names the lock to keep
 * and to remove at the end. What cannot be written is drained, so that the next line is read from where it begins.
 */
const LOOP =
  `umask 022; cd /; unset LANG LANGUAGE ENV BASH_ENV CDPATH; ` +
  `PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive; ` +
  `export PATH LC_ALL DEBIAN_FRONTEND; exec 3<&0 4>&1 </dev/null; ` +
  `e() { echo >&4; echo "$T end $1" >&4; echo >&2; echo "$T end" >&2; }; ` +
  `{ trap : PIPE; L=; read -r P a </proc/self/stat; ` +
  `while read -r a b c; do [ "$a" = Uid: ] && U=$b; done </proc/self/status; echo >&4; echo "$T ready $U $P" >&4; ` +
  `while read -r a b c d <&3; do [ "$a" = "$T" ] && case $b in ` +
  `beat) [ ! -d "$L" ] || : >"$L/beat";; ` +
  `lock) L=$c;; ` +
  `put) head -c "$c" <&3 | { cat >"$d" || { cat >/dev/null; false; }; }; e $?;; ` +
  `run) f=$(head -c "$c" <&3; echo .); ` +
  `{ echo "$T $P"; printf "%s\\n" "$f"; } | setsid sh -c "$W" >&4 3<&- & w=$!; ` +
  `[ ! -d "$L" ] || echo "$w" >"$L/worker"; ` +
  `{ ${WATCH}; } & v=$!; ` +
  `wait "$w"; r=$?; ` +
  `n=0; while [ "$r" -gt 128 ] && [ "$n" -lt 100 ] && kill -0 -"$w" 2>/dev/null; do sleep 0.1; n=$((n + 1)); done; ` +
  `[ "$n" -lt 100 ] || kill -KILL -"$w" 2>/dev/null; ` +
  `kill "$v" 2>/dev/null; wait "$v" 2>/dev/null; ` +
  `[ ! -d "$L" ] || : >"$L/worker"; e "$r";; ` +
  `esac; done; [ -z "$L" ] || rm -rf "$L"; } 2>&1 | { exec 3<&- >&2 4>&-; cat || cat >/dev/null; }`;

/** The dot keeps a frame's last newlines from the command substitution. Output is meant for reads: changes use fd 2. */
const WORKER = `read -r T P; f=$(cat); f=\${f%.}; exec </dev/null 4>&-; eval "$f"`;

/** The line that tells BOOTSTRAP how to become root. */
export function becomeLine(mode: "root" | "sudo" | "password", prompt: string): string {
  return `${mode} ${prompt}\n`;
}

/** What BOOTSTRAP reads once it is root. */
export function loopLines(token: string): string {
  return `${token}\n${WORKER}\n${LOOP}\n`;
}
