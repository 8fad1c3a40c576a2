import { Secret, type SecretText } from "../secrets/secret.ts";
import { content, joinSh, rawSh, type Sh, sh } from "../shell/sh.ts";

export interface Invocation {
  readonly run: string | readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | Secret>>;
  readonly stdin?: string | Secret | SecretText | undefined;
}

/**
 * The command in a process of its own, which sees nothing of the session: neither its variables nor its functions. A
 * script is one argument of its shell, so that a syntax error ends that shell and no other.
 */
export function runCommand({ run, cwd, env, stdin }: Invocation): Sh {
  const start = typeof run === "string" ? sh`exec sh -ec ${run}` : sh`exec ${run}`;
  const steps = [sh`cd ${cwd}`, ...Object.entries(env).sort(pathLast).map(setVariable), start];
  const inside = joinSh(steps, " &&\n");
  if (stdin === undefined) return sh`( ${inside}\n)`;
  return sh`${content(stdin)} | ( ${inside}\n)`;
}

/** With another PATH the steps after it may not be found. */
function pathLast([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return Number(a === "PATH") - Number(b === "PATH");
}

/**
 * A secret's value is text of the frame and an argument of no process. The dot keeps its last newlines from the command
 * substitution.
 */
function setVariable([name, value]: readonly [string, string | Secret]): Sh {
  const variable = rawSh(name);
  if (!(value instanceof Secret)) return sh`export ${variable}=${value}`;
  return sh`${variable}=$(${content(value)}; echo .) && ${variable}=\${${variable}%.} && export ${variable}`;
}
