import { existsSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { containerPid, runInside, vethName } from "./container.ts";
import { hostPaths } from "./paths.ts";
import { childrenOf, cpuTicksOf, readIfThere, recordedPid } from "./process.ts";
import { addressOf, type HostState, type LabState } from "./state.ts";

/** Looks that work while systemd still boots: they ask nothing that waits. */
const insideScript = `
ip -brief address show host0
cat /run/nologin 2>/dev/null && echo "/run/nologin is there"
echo "systemd is $(timeout 2 systemctl is-system-running)"
timeout 2 systemctl list-jobs --no-legend --plain --no-pager | head -n 12 | sed "s/^/job /"
timeout 2 systemctl list-units --failed --no-legend --plain --no-pager | head -n 12 | sed "s/^/failed /"
ls /etc/systemd/network /etc/ssh/*_key
timeout 2 journalctl --no-pager --quiet --boot --priority=warning --lines=12 --output=cat
`;

/** What can be seen of a host that does not come up, from outside and inside, so that a failure far away explains itself. */
export async function describeBoot(state: LabState, host: HostState, ssh: string): Promise<string> {
  const paths = hostPaths(state.name, host.name);
  const pid = containerPid(state.name, host.name);
  const tail = (readIfThere(paths.console) ?? "").trim().split("\n").slice(-15);
  const sections = {
    processes: processesOf(paths.process),
    [`port 22 of ${addressOf(state, host)}`]: ssh,
    link: linkState(vethName(state, host)),
    inside: pid === undefined ? "nothing: it has no PID 1" : await lookInside(pid),
    "load of the machine": readIfThere("/proc/loadavg")?.trim() ?? "unknown",
    [`console (${paths.console})`]: tail.join("\n"),
  };
  return Object.entries(sections)
    .map(
      ([title, text]) =>
        `  ${title}: ${text.trim().includes("\n") ? "\n    " : ""}${text.trim().replaceAll("\n", "\n    ")}`,
    )
    .join("\n");
}

function processesOf(record: string): string {
  const supervisor = recordedPid(record);
  if (supervisor === undefined) return "none";
  const [nspawn] = childrenOf(supervisor);
  const [init] = nspawn === undefined ? [] : childrenOf(nspawn);
  const first = init === undefined ? "none" : `${init}, ${cpuTicksOf(init)} ticks of CPU time`;
  return `supervisor ${supervisor}, its child ${nspawn ?? "none"}, PID 1 of the host ${first}`;
}

function linkState(link: string): string {
  const dir = `/sys/class/net/${link}`;
  if (!existsSync(dir)) return `no ${link} on the machine`;
  const bridge = existsSync(`${dir}/master`) ? `a port of ${basename(readlinkSync(`${dir}/master`))}` : "on no bridge";
  return `${link} is ${readIfThere(`${dir}/operstate`)?.trim()}, ${bridge}`;
}

async function lookInside(pid: number): Promise<string> {
  try {
    const { stdout, stderr } = await runInside(pid, insideScript, { timeoutMs: 15_000 });
    return `${stdout}${stderr}`;
  } catch (error) {
    return (error as Error).message;
  }
}
