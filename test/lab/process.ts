import { readFileSync, rmSync, writeFileSync } from "node:fs";

/** A process that the lab started. A pid alone may be recycled; with start time and boot id it is this one or gone. */
interface ProcessRecord {
  readonly pid: number;
  readonly startTime: string;
  readonly bootId: string;
}

/** Writes down a process just started, so that a later command can end it, and only it. */
export function recordProcess(file: string, pid: number): void {
  const startTime = startTimeOf(pid);
  if (startTime === undefined) return;
  const record: ProcessRecord = { pid, startTime, bootId: bootId() };
  writeFileSync(file, `${JSON.stringify(record)}\n`);
}

/** The pid of a recorded process, or undefined if it has ended (or never was). */
export function recordedPid(file: string): number | undefined {
  const content = readIfThere(file);
  if (!content) return undefined;
  const { pid, startTime, bootId: bootedIn } = JSON.parse(content) as ProcessRecord;
  return bootedIn === bootId() && startTimeOf(pid) === startTime ? pid : undefined;
}

export function forgetProcess(file: string): void {
  rmSync(file, { force: true });
}

export function childrenOf(pid: number): number[] {
  const list = readIfThere(`/proc/${pid}/task/${pid}/children`) ?? "";
  return list.split(" ").filter(Boolean).map(Number);
}

/** Sends SIGKILL; a process that is gone already is what was wanted. */
export function killNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** The content of a small file, or undefined if it, or the process it tells of, is not there. */
export function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw error;
  }
}

/** Field 22 of /proc/PID/stat, in clock ticks since boot (proc(5)); undefined too for a zombie: it has ended. */
export function startTimeOf(pid: number): string | undefined {
  const [state, ...others] = statFields(pid);
  return state === "Z" ? undefined : others[18];
}

/** The CPU time, in clock ticks, of a process and of its children that have ended: fields 14 to 17. */
export function cpuTicksOf(pid: number): number {
  const ticks = statFields(pid).slice(11, 15);
  return ticks.reduce((sum, field) => sum + Number(field), 0);
}

/** /proc/PID/stat from its third field, the state. The second is the program's name in parentheses and may hold anything. */
function statFields(pid: number): string[] {
  const stat = readIfThere(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ") ?? [];
}

function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}
