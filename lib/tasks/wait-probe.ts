import { rawSh, type Sh, sh } from "../shell/sh.ts";

/** What is waited for, as the host sees it. */
export type Awaited =
  | { readonly kind: "port"; readonly host: string; readonly port: number }
  | { readonly kind: "http"; readonly url: string; readonly status: number; readonly insecureTls: boolean }
  | { readonly kind: "command"; readonly text: string };

/** Statuses with which {@link waitText} ends: EX_UNAVAILABLE of sysexits.h, and the one of timeout(1). */
export const NO_TOOL = 69;
export const GAVE_UP = 124;

/** The line that tells the state seen last begins so. */
export const LAST_SEEN = "last seen: ";

/**
 * One shell text that asks again and again until the answer is the wanted one or the deadline is over: a wait costs one
 * round trip however long it takes. A line tells the state when it changes, and every ten seconds.
 *
 * Time is the kernel's uptime in hundredths of a second: no process for it, and nobody sets it back.
 */
export function waitText(awaited: Awaited, deadlineMs: number, everyMs: number): Sh {
  return sh`(
hw_now() { read -r hw_u hw_x </proc/uptime; hw_u=\${hw_u%.*}\${hw_u#*.}; }
hw_have() { command -v "$1" >/dev/null; }
hw_n=${rawSh("'\n'")}
${probe(awaited)}
hw_now; hw_end=$((hw_u + ${Math.ceil(deadlineMs / 10)})); hw_said=; hw_next=0
while :; do
  hw_now; hw_left=$(((hw_end - hw_u + 99) / 100)); [ "$hw_left" -ge 1 ] || hw_left=1
  [ "$hw_left" -le 5 ] && hw_limit=$hw_left || hw_limit=5
  hw_probe; hw_r=$?
  [ "$hw_r" != 0 ] || { printf '%s\\n' "$hw_state"; exit 0; }
  [ "$hw_r" != ${NO_TOOL} ] || { printf '%s\\n' ${LAST_SEEN}"$hw_state"; exit ${NO_TOOL}; }
  hw_now; [ "$hw_u" -lt "$hw_end" ] || { printf '%s\\n' ${LAST_SEEN}"$hw_state"; exit ${GAVE_UP}; }
  if [ "$hw_state" != "$hw_said" ] || [ "$hw_u" -ge "$hw_next" ]; then
    printf 'not yet: %s\\n' "$hw_state"; hw_said=$hw_state; hw_next=$((hw_u + 1000))
  fi
  sleep ${(everyMs / 1000).toFixed(2)} 2>/dev/null || sleep 1
done
)`;
}

/** Defines `hw_probe`: status 0 when it is so, 69 when nothing here can tell, and what was seen in `hw_state`. */
function probe(awaited: Awaited): Sh {
  if (awaited.kind === "port") return portProbe(awaited);
  return awaited.kind === "http" ? httpProbe(awaited) : commandProbe(awaited);
}

/**
 * POSIX has nothing that connects. bash does (every Debian has it), nc (that of busybox may lack -z), and curl, of which
 * only the time that it took to connect is looked at: it stays until the service has enough of it, or two seconds.
 */
function portProbe({ host, port }: Extract<Awaited, { kind: "port" }>): Sh {
  const address = host.includes(":") ? `[${host}]` : host;
  return sh`hw_probe() {
  hw_state='accepts connections'
  if hw_have bash; then
    hw_o=$(timeout "$hw_limit" bash --norc -c 'exec 3<>"/dev/tcp/$0/$1"' ${host} ${port} 2>&1 </dev/null); hw_r=$?
  elif hw_have nc; then
    hw_o=$(timeout "$hw_limit" nc -z -v ${host} ${port} 2>&1 </dev/null); hw_r=$?
    case $hw_o in *option*) hw_o=$(timeout "$hw_limit" nc -w "$hw_limit" ${host} ${port} -e true 2>&1 </dev/null); hw_r=$? ;; esac
  elif hw_have curl; then
    hw_o=$(curl -sS -o /dev/null --max-time 2 -w '%{time_connect}' ${`telnet://${address}:${port}`} 2>/dev/null </dev/null); hw_r=0
    case $hw_o in "" | 0 | 0[.,]000000) hw_o='no connection' hw_r=1 ;; esac
  else
    hw_state='none of bash, nc and curl is installed there, and nothing else can tell'; return ${NO_TOOL}
  fi
  case $hw_r in 0) return 0 ;; 124 | 143) hw_state="no answer within $hw_limit s"; return 1 ;; esac
  hw_o=\${hw_o%%"$hw_n"*}; hw_state=\${hw_o##*: }; [ -n "$hw_state" ] || hw_state='no connection'
  return 1
}`;
}

/** The answer's own status: a redirect is not followed. wget does follow, so that its first status line counts. */
function httpProbe({ url, status, insecureTls }: Extract<Awaited, { kind: "http" }>): Sh {
  const lax = rawSh(insecureTls ? "-k" : "");
  const laxWget = rawSh(insecureTls ? "--no-check-certificate" : "");
  return sh`hw_probe() {
  if hw_have curl; then
    hw_o=$(curl -sS -o /dev/null --max-time "$hw_limit" -w '%{http_code}' ${lax} -- ${url} 2>&1)
    hw_r=$?; hw_c=\${hw_o##*"$hw_n"}; hw_o=\${hw_o%%"$hw_n"*}
    [ "$hw_r" = 0 ] || hw_c=000
  elif hw_have wget; then
    hw_o=$(timeout "$hw_limit" wget -S -O /dev/null ${laxWget} ${url} 2>&1 </dev/null)
    case $? in 124 | 143) hw_o="no answer within $hw_limit s" ;; esac
    case $hw_o in *HTTP/*) hw_c=\${hw_o#*HTTP/}; hw_c=\${hw_c#* }; hw_c=\${hw_c%%[!0-9]*} ;; *) hw_c=000; hw_o=\${hw_o##*"$hw_n"} ;; esac
  else
    hw_state='neither curl nor wget is installed there, and nothing else can tell'; return ${NO_TOOL}
  fi
  [ "$hw_c" != 000 ] && hw_state="status $hw_c" || hw_state=$hw_o
  [ "$hw_c" = ${status} ]
}`;
}

/** No limit of its own: the whole wait has one, and `timeout` would take the command out of reach of a stop. */
function commandProbe({ text }: Extract<Awaited, { kind: "command" }>): Sh {
  return sh`hw_probe() {
  hw_o=$(sh -c ${text} 2>&1 </dev/null); hw_r=$?
  hw_state="status $hw_r"; [ -z "$hw_o" ] || hw_state="$hw_state, it said: \${hw_o##*"$hw_n"}"
  [ "$hw_r" = 0 ]
}`;
}
