import { LabError } from "./command.ts";
import { containerPid, isSwitchedOn, runInside, startContainer, stopContainer } from "./container.ts";
import { makeDisk } from "./disk.ts";
import type { Progress } from "./progress.ts";
import { waitUntilReady } from "./ready.ts";
import type { HostState, LabState } from "./state.ts";
import { waitFor } from "./wait.ts";

/** For whoever holds the host's lock: switches it on if it is off, waits until one can log in, tries once again. */
export async function bootHost(state: LabState, host: HostState, progress: Progress): Promise<void> {
  if (!isSwitchedOn(state.name, host.name)) await powerOn(state, host);
  try {
    await waitUntilReady(state, host);
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    progress.step(`${host.name} did not come up; it is switched off and on again, once. ${error.message}`);
    await powerOn(state, host);
    await waitUntilReady(state, host);
  }
}

async function powerOn(state: LabState, host: HostState): Promise<void> {
  await stopContainer(state, host); // or what a crash left of it
  await makeDisk(state, host);
  await startContainer(state, host);
}

/** Shuts it down from inside, so that its programs close their files; after the deadline the plug is pulled. */
export async function shutDown(state: LabState, host: HostState, progress: Progress): Promise<void> {
  const pid = containerPid(state.name, host.name);
  if (pid !== undefined) {
    const isOff = () => !isSwitchedOn(state.name, host.name);
    const deadlineMs = 60_000;
    try {
      // It may answer, or be gone before it does.
      await runInside(pid, "systemctl poweroff --no-block", { timeoutMs: deadlineMs });
      await waitFor(`${host.name} to shut down`, deadlineMs, isOff);
    } catch (error) {
      if (!(error instanceof LabError)) throw error;
      progress.step(`${error.message}: its plug is pulled`);
    }
  }
  await stopContainer(state, host);
}
