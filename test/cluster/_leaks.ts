import type { LabHost } from "../lab/host.ts";

/** A bootstrap token, and what a private key or an administrator's kubeconfig looks like. */
const TOKEN = /\b[a-z0-9]{6}\.[a-z0-9]{16}\b/g;
const PRIVATE = /-----BEGIN [A-Z ]*PRIVATE KEY-----|client-key-data: *\S+/g;
/** A certificate key: 32 bytes in hexadecimal. Digests have the same form, behind their algorithm or as a name of an object. */
const KEY = /certificate-?key\S*[ "':=]+[0-9a-f]{64}\b/gi;

/** What looks like a token or a key in a text. */
export function tokensIn(text: string): readonly string[] {
  return [TOKEN, PRIVATE, KEY].flatMap((pattern) => text.match(pattern) ?? []);
}

/**
 * Where secrets may be: the files that are theirs. Anything else that has one is a leak: logs, journals, temporary
 * files, what shells and this library leave behind.
 */
const PLACES = "/etc /root /home /run /tmp /var/log /var/tmp /var/lib/kubelet /var/spool /opt";
const OWN = [
  // keepalived's own file; kubeadm's kubeconfigs and certificates.
  ...["/etc/keepalived/keepalived.conf", "/etc/kubernetes/pki/*", "/etc/kubernetes/*.conf", "/etc/ssh/*"],
  // The kubelet's client certificate, and the service account tokens that pods have mounted.
  ...["/var/lib/kubelet/pki/*", "/var/lib/kubelet/pods/*"],
];

/** Files and journals of hosts that have a secret and are not its own; each with what was found. */
export async function leaksOnHosts(hosts: readonly LabHost[], secrets: readonly string[]): Promise<readonly string[]> {
  const own = OWN.map((pattern) => `! -path '${pattern}'`).join(" ");
  const patterns = [
    ...secrets,
    "\\b[a-z0-9]{6}\\.[a-z0-9]{16}\\b",
    "BEGIN [A-Z ]*PRIVATE KEY",
    "client-key-data: *[A-Za-z0-9+/]",
  ];
  // The pattern comes by stdin and lies in a file, or the processes that look for it would be found.
  const script = `export LC_ALL=C
pattern=$(mktemp /dev/shm/pattern-XXXXXX); cat >"$pattern"
find ${PLACES} -xdev -type f ${own} -size -20M -print0 2>/dev/null | xargs -0 -r grep -aoE -H -f "$pattern" 2>/dev/null
journalctl --no-pager -o cat 2>/dev/null | grep -aoE -f "$pattern" | sed 's/^/journal:/'
for p in /proc/[0-9]*; do tr '\\0' ' ' <"$p/cmdline" 2>/dev/null; echo; done | grep -oE -f "$pattern" | sed 's/^/process:/'
rm "$pattern"`;
  const found = await Promise.all(
    hosts.map(async (host) => {
      const { stdout } = await host.exec(script, { input: `${patterns.join("\n")}\n`, timeoutMs: 120_000 });
      return stdout.split("\n").flatMap((line) => (line === "" || isName(line) ? [] : [`${host.name}: ${line}`]));
    }),
  );
  return found.flat();
}

/** Words that have the form of a token by chance: parts of names of files and units, and events of the smoke test's pods. */
function isName(line: string): boolean {
  return /:(\w+\.(service|target|socket|timer|mount|slice|scope|conf|list|yaml)\w*|(client|server)\.[0-9a-f]{16})$/.test(
    line,
  );
}

/** Notes the arguments of every process of a host until it is told to end. */
export async function watchProcesses(host: LabHost): Promise<{ end(): Promise<string> }> {
  const file = "/run/watched-processes";
  const watch = `while [ -e ${file}.on ]; do
  for p in /proc/[0-9]*; do tr '\\0' ' ' <"$p/cmdline"; echo; done 2>/dev/null; sleep 0.05
done | awk '!seen[$0]++ { print; fflush() }' >${file}`;
  await host.exec(`cat >${file}.sh; touch ${file}.on; nohup sh ${file}.sh >/dev/null 2>&1 & echo $! >${file}.pid`, {
    input: watch,
  });
  return {
    async end() {
      const wait = `rm ${file}.on; while kill -0 "$(cat ${file}.pid)" 2>/dev/null; do sleep 0.1; done`;
      const { stdout } = await host.exec(`${wait}; cat ${file}; rm ${file} ${file}.*`, { timeoutMs: 30_000 });
      return stdout;
    },
  };
}
