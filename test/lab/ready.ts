import { existsSync } from "node:fs";
import { connect } from "node:net";
import { LabError } from "./command.ts";
import { containerPid, isSwitchedOn } from "./container.ts";
import { describeBoot } from "./diagnosis.ts";
import { cpuTicksOf, readIfThere } from "./process.ts";
import { addressOf, type HostState, type LabState } from "./state.ts";
import { waitFor } from "./wait.ts";

/** What a host's port 22 says: "up" is the banner of an sshd. */
type SshAnswer = "up" | "refused" | "silent";

export interface BootDeadlines {
  /** Without progress: its PID 1 is the same and used no CPU time, itself or by children that have ended. */
  readonly stalledMs: number;
  /** In all. A machine whose cores are busy may need long, but not for ever. */
  readonly limitMs: number;
}

const bootDeadlines: BootDeadlines = { stalledMs: 60_000, limitMs: 300_000 };

/** Whether one can log in: sshd shows its banner, and pam_nologin lets users in. */
export async function isReady(state: LabState, host: HostState): Promise<boolean> {
  const pid = containerPid(state.name, host.name);
  const address = addressOf(state, host);
  // To ask for an address that nobody has yet costs a second or more, until the kernel asks for its owner again.
  if (pid === undefined || !readIfThere(`/proc/${pid}/net/fib_trie`)?.includes(`-- ${address}\n`)) return false;
  return !existsSync(`/proc/${pid}/root/run/nologin`) && (await askSsh(address)) === "up";
}

/**
 * Waits until one can log in, as long as the host makes progress.
 *
 * @throws LabError if it ends or gets nowhere, with all that can be seen of it from outside and inside
 */
export async function waitUntilReady(state: LabState, host: HostState, deadlines = bootDeadlines): Promise<void> {
  const where = `${host.name} of lab "${state.name}"`;
  const ready = () => {
    if (!isSwitchedOn(state.name, host.name)) throw new LabError(`${where} ended while it booted`);
    return isReady(state, host);
  };
  const progress = () => {
    const pid = containerPid(state.name, host.name);
    return pid === undefined ? undefined : `${pid} ${cpuTicksOf(pid)}`;
  };
  const what = `sshd of ${where}`;
  await waitFor(what, deadlines.stalledMs, ready, { progress, limitMs: deadlines.limitMs }).catch(async (error) => {
    if (!(error instanceof LabError)) throw error;
    const seen = await describeBoot(state, host, await askSsh(addressOf(state, host)));
    throw new LabError(`${error.message}. What is seen of it:\n${seen}`, { cause: error });
  });
}

function askSsh(address: string): Promise<SshAnswer> {
  const { promise, resolve } = Promise.withResolvers<SshAnswer>();
  const socket = connect({ host: address, port: 22, timeout: 1000 });
  socket.on("data", (banner) => resolve(banner.toString().startsWith("SSH-") ? "up" : "silent"));
  socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code === "ECONNREFUSED" ? "refused" : "silent"));
  socket.on("timeout", () => resolve("silent"));
  socket.on("close", () => resolve("silent"));
  return promise.finally(() => socket.destroy());
}
