import { randomBytes } from "node:crypto";
import type { Action } from "../../lib/engine/action.ts";
import type { TaskResult } from "../../lib/engine/entry.ts";
import type { ActAnswer } from "../../lib/engine/host.ts";
import { HostRun } from "../../lib/engine/host-run.ts";
import { HostwrightError } from "../../lib/errors.ts";
import { startSession } from "../../lib/playbook/connect.ts";
import { defaultDeadlines } from "../../lib/session/deadlines.ts";
import type { LabHost } from "../lab/host.ts";
import type { Lab } from "../lab/lab.ts";
import { reachOf } from "./_host.ts";

export interface Acted<T> {
  readonly answer: ActAnswer<T> | undefined;
  readonly results: readonly TaskResult[];
  readonly output: readonly string[];
  readonly error: HostwrightError | undefined;
}

/** Does something on a host in a run of its own. An error of the host is part of the outcome. */
export async function act<T>(
  { lab, host }: { lab: Lab; host: LabHost },
  action: Action<T>,
  { check = false, signal }: { check?: boolean; signal?: AbortSignal } = {},
): Promise<Acted<T>> {
  const results: TaskResult[] = [];
  const output: string[] = [];
  const account = { home: "/nonexistent", user: "root", agent: undefined };
  const run = new HostRun({
    host: host.name,
    check,
    run: { id: randomBytes(4).toString("hex"), who: "test" },
    deadlines: defaultDeadlines,
    signal,
    connect: () => startSession(host.name, reachOf(lab, host), account, defaultDeadlines),
    listener: {
      connected() {},
      waiting() {},
      started() {},
      output: (_ref, line) => output.push(line),
      finished: (result) => results.push(result),
    },
  });
  try {
    return { answer: await run.asRole("test").act(action), results, output, error: undefined };
  } catch (error) {
    if (!(error instanceof HostwrightError)) throw error;
    return { answer: undefined, results, output, error };
  } finally {
    await run.close();
  }
}
