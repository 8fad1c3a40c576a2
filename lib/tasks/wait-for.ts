import { z } from "zod";
import { type ActionContext, defineAction } from "../engine/action.ts";
import { CommandError, TimeoutError } from "../errors.ts";
import { type Awaited, GAVE_UP, LAST_SEEN, NO_TOOL, waitText } from "./wait-probe.ts";

const limits = {
  /** How long to wait at most. */
  deadlineMs: z.int().positive().default(60_000),
  /** The pause between two looks. */
  everyMs: z.int().min(10).default(500),
};

const Port = z.strictObject({
  /** A TCP port that has to accept connections. */
  port: z.int().min(1).max(65535),
  /** Where, as seen from the host. */
  host: z
    .string()
    .regex(/^[A-Za-z0-9:][A-Za-z0-9._:%-]*$/, "has to be an address or a host name")
    .default("127.0.0.1"),
  ...limits,
});

const Http = z.strictObject({
  /** An address that has to answer with `status`. It is an argument on the host: no credentials in it. */
  http: z
    .url({ protocol: /^https?$/, error: "has to be an http or https URL" })
    .refine(
      (url) => !/^[^/]*\/\/[^/]*@/.test(url),
      "must not have credentials in it: every user of the host sees them",
    ),
  status: z.int().min(100).max(599).default(200),
  /** Takes any certificate. */
  insecureTls: z.boolean().default(false),
  ...limits,
});

const Command = z.strictObject({
  /** A shell text that has to succeed. */
  command: z.string().min(1).max(100_000),
  ...limits,
});

const Params = z.union([Port, Http, Command], {
  error: ({ input, errors }) => {
    const keys = Object.keys(typeof input === "object" && input !== null ? input : {});
    const given = ["port", "http", "command"].flatMap((key, index) => (keys.includes(key) ? [{ key, index }] : []));
    const [only] = given;
    if (given.length === 1 && only && Array.isArray(errors)) return ownMistakes(errors[only.index]);
    const found = given.map(({ key }) => key).join(" and ") || "none of them";
    return `exactly one of port, http and command says what is waited for; found ${found}`;
  },
});

/** Of the shape that was meant, not of all that it could have been. */
function ownMistakes(issues: readonly z.core.$ZodIssue[] = []): string {
  return issues.map(({ path, message }) => (path.length > 0 ? `${path.join(".")}: ${message}` : message)).join("; ");
}

/** A wait that has to hear from the host by itself gets this much longer. */
const GRACE_MS = 10_000;

/** The name of the deadline of a wait. */
const DEADLINE = "wait";

/**
 * Waits on the host until a port accepts connections, an address answers with a status, or a command succeeds. Nothing
 * is asked over the line meanwhile.
 *
 * A port is tried by bash, nc or curl, an address by curl or wget, whichever is installed.
 *
 * @example
 * await host.act(waitFor({ port: 6443 }));
 * await host.act(waitFor({ http: "https://127.0.0.1:6443/readyz", insecureTls: true, deadlineMs: 120_000 }));
 * await host.act(waitFor({ command: "systemctl is-active --quiet haproxy" }));
 * @returns how long it took
 * @throws UsageError for parameters that are not valid; TimeoutError with what was seen last; CommandError when nothing
 *   on the host can tell
 */
export const waitFor = defineAction({
  name: "waitFor",
  params: Params,
  changes: false,
  subject: (params) => subjectOf(awaitedOf(params)),
  async run(context, params): Promise<{ readonly waitedMs: number }> {
    const awaited = awaitedOf(params);
    const { deadlineMs, everyMs } = params;
    const start = context.now();
    const { status, output } = await runUntilGrace(context, awaited, deadlineMs, everyMs);
    if (status === 0) return { waitedMs: context.now() - start };
    const seen = output.findLast((line) => line.startsWith(LAST_SEEN))?.slice(LAST_SEEN.length);
    if (status === GAVE_UP) throw inVain(context, awaited, deadlineMs, seen ?? "nothing");
    const why = status === NO_TOOL && seen ? seen : `the wait ended with status ${status}: ${output.at(-1) ?? ""}`;
    throw new CommandError(`${context.host}: cannot wait for ${subjectOf(awaited)}: ${why}`, { status });
  },
});

async function runUntilGrace(context: ActionContext, awaited: Awaited, deadlineMs: number, everyMs: number) {
  try {
    return await context.run(waitText(awaited, deadlineMs, everyMs), { deadlineMs: deadlineMs + GRACE_MS });
  } catch (error) {
    if (!(error instanceof TimeoutError) || error.deadline !== "change") throw error;
    throw inVain(context, awaited, deadlineMs + GRACE_MS, "it hung");
  }
}

/** Whether a wait came to its end in vain; not where it was interrupted, the line was lost, or nothing could tell. */
export function waitedInVain(error: unknown): error is TimeoutError {
  return error instanceof TimeoutError && error.deadline === DEADLINE;
}

function inVain({ host }: ActionContext, awaited: Awaited, ms: number, seen: string): TimeoutError {
  const message = `${host}: waited ${ms / 1000} s in vain until ${demandOf(awaited)} (deadline "${DEADLINE}"); last seen: ${seen}`;
  return new TimeoutError(message, { deadline: DEADLINE });
}

function awaitedOf(params: z.output<typeof Params>): Awaited {
  if ("port" in params) return { kind: "port", host: params.host, port: params.port };
  if ("command" in params) return { kind: "command", text: params.command };
  return { kind: "http", url: params.http, status: params.status, insecureTls: params.insecureTls };
}

function subjectOf(awaited: Awaited): string {
  if (awaited.kind === "port") return `port ${awaited.host}:${awaited.port}`;
  return awaited.kind === "http" ? awaited.url : awaited.text.trim().split("\n", 1).join().slice(0, 60);
}

function demandOf(awaited: Awaited): string {
  if (awaited.kind === "port") return `${subjectOf(awaited)} accepts connections`;
  if (awaited.kind === "http") return `${awaited.url} answers with status ${awaited.status}`;
  return `${JSON.stringify(subjectOf(awaited))} succeeds`;
}
