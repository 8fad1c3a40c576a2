import type { Action } from "../../lib/engine/action.ts";
import type { TaskResult } from "../../lib/engine/entry.ts";
import type { ActAnswer } from "../../lib/engine/host.ts";
import type { HostwrightError } from "../../lib/errors.ts";
import type { LabHost } from "../lab/host.ts";
import type { Lab } from "../lab/lab.ts";
import { errorFrom, type HostOptions, openHost } from "./_host.ts";

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
  options: Pick<HostOptions, "check" | "signal" | "onOutput"> = {},
): Promise<Acted<T>> {
  const { run, told } = openHost(lab, host, options);
  let answer: ActAnswer<T> | undefined;
  const work = run
    .asRole("test")
    .act(action)
    .then((acted) => {
      answer = acted;
    });
  const error = await errorFrom(work).finally(() => run.close());
  return { ...told, answer, error };
}
