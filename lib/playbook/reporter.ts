import { jsonReport, type Report } from "../report/json.ts";
import { terminalReport } from "../report/terminal.ts";
import type { Arguments } from "./arguments.ts";

/** The report that the arguments, the terminal and the environment ask for. */
export function reporterFor(args: Arguments, stdout = process.stdout, env = process.env): Report {
  const write = (text: string) => void stdout.write(text);
  if (args.json) return jsonReport({ write });
  const isTty = stdout.isTTY === true && env.TERM !== "dumb";
  return terminalReport({
    write,
    columns: () => stdout.columns ?? 120,
    isTty,
    color: wantsColor(isTty, env),
    unicode: /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || ""),
    verbose: args.verbose,
    diff: args.diff,
  });
}

/** @see no-color.org, force-color.org */
function wantsColor(isTty: boolean, env: NodeJS.ProcessEnv): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== "0";
  return isTty;
}
