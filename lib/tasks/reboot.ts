import { z } from "zod";
import { type ActionContext, defineAction } from "../engine/action.ts";
import { hostFacts } from "../engine/facts.ts";
import { CommandError, ConnectionError, HostwrightError, TimeoutError } from "../errors.ts";
import { type Sh, sh } from "../shell/sh.ts";

/** Between two logins that still met the system that is going down. */
const PAUSE_MS = 500;

/** Asking for the reboot; a system that is going down may not say that it heard. */
const ASK_MS = 30_000;

/**
 * Reboots the host, and waits until it is back: until one can log in as root and its boot id is another one.
 *
 * That systemd has started everything is not waited for; `waitFor` is there for what is needed next.
 *
 * @example
 * const asked = await host.read(path("/run/reboot-required"));
 * if (asked.known && asked.value.type === "file") await host.act(reboot({ reason: "a new kernel" }));
 * @returns the boot ids before and after, and how long it took
 * @throws CommandError when the host refuses; TimeoutError when it is not back within the deadline, or did not reboot
 * @see systemctl(1), random(4) for the boot id
 */
export const reboot = defineAction({
  name: "reboot",
  params: z.strictObject({
    /** How long it may take from asking for it to a root shell of the next boot. */
    deadlineMs: z.int().positive().default(300_000),
    /** For the host's log, and for the report. */
    reason: z
      .string()
      .regex(/^[^\x00-\x1f\x7f]+$/, "has to be one line")
      .optional(),
  }),
  changes: true,
  subject: ({ reason }) => reason ?? "host",
  async run(context, { deadlineMs, reason }): Promise<Rebooted> {
    const start = context.now();
    const before = await bootId(context);
    await askForReboot(context, reason);
    const after = await nextBootId(context, before, start + deadlineMs, deadlineMs);
    return { before, after, downMs: context.now() - start };
  },
});

export interface Rebooted {
  readonly before: string;
  readonly after: string;
  /** From asking for it to being back. */
  readonly downMs: number;
}

async function bootId(context: ActionContext): Promise<string> {
  return (await context.read(hostFacts("host"))).bootId;
}

/** systemd says yes before it stops anything; if the line is lost all the same, the boot id tells. */
async function askForReboot(context: ActionContext, reason: string | undefined): Promise<void> {
  try {
    const { status, output } = await context.run(rebootText(reason), { deadlineMs: ASK_MS });
    if (status === 0) return;
    const said = output.slice(-3).join(" / ");
    throw new CommandError(`${context.host}: the reboot was refused with status ${status}${said && `: ${said}`}`, {
      status,
      output,
    });
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
  }
}

function rebootText(reason: string | undefined): Sh {
  const log = reason === undefined ? sh`` : sh`logger -t hostwright -- ${`rebooting: ${reason}`} 2>/dev/null; `;
  return sh`${log}if [ -d /run/systemd/system ]; then systemctl reboot; else reboot; fi`;
}

/** Logs in until the boot id is another one. Whatever fails on the way may be the system going down or coming up. */
async function nextBootId(context: ActionContext, before: string, deadline: number, ms: number): Promise<string> {
  for (;;) {
    const left = deadline - context.now();
    let last = "it still answers with the same boot id: it did not reboot";
    let cause: HostwrightError | undefined;
    try {
      await context.reconnect(Math.max(left, 1));
      const id = await bootId(context);
      if (id !== before) return id;
    } catch (error) {
      if (!(error instanceof HostwrightError)) throw error;
      last = error.message;
      cause = error;
    }
    if (context.now() >= deadline) {
      const message = `${context.host}: not back within ${ms / 1000} s (deadline "reboot"); last: ${last}`;
      throw new TimeoutError(message, { deadline: "reboot", ...(cause && { cause }) });
    }
    await context.sleep(PAUSE_MS);
  }
}
