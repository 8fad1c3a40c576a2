import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { RunEvent } from "../../lib/engine/events.ts";
import type { LabHost } from "../lab/host.ts";
import type { Lab } from "../lab/lab.ts";

/** A playbook in a process of its own, as a user runs it, its events as they come. */
export interface PlaybookProcess {
  readonly child: ChildProcess;
  readonly events: RunEvent[];
  /** The first event of this name, or the one after `skip` others, now or later. Rejects when the process ends before. */
  event<E extends RunEvent["event"]>(name: E, skip?: number): Promise<Extract<RunEvent, { event: E }>>;
  /** The first event of which `is` says so, now or later. Rejects when the process ends before. */
  until(is: (event: RunEvent) => boolean, what: string): Promise<RunEvent>;
  readonly ended: Promise<{
    readonly code: number | null;
    readonly events: readonly RunEvent[];
    readonly stderr: string;
  }>;
}

/** Starts a playbook of `fixtures/` with `--json`. */
export function startPlaybook(fixture: string, args: readonly string[]): PlaybookProcess {
  const script = fileURLToPath(new URL(`fixtures/${fixture}`, import.meta.url));
  return watch(spawn(process.execPath, [script, "--json", ...args], { stdio: ["ignore", "pipe", "pipe"] }));
}

/** Starts a playbook of `playbooks/` by zx, as the README says, with the built package. */
export function startBook(name: string, args: readonly string[]): PlaybookProcess {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const words = [join(root, "node_modules/zx/build/cli.js"), join(root, "playbooks", name), "--json", ...args];
  return watch(spawn(process.execPath, words, { cwd: root, stdio: ["ignore", "pipe", "pipe"] }));
}

/** Runs `playbooks/site.mts` to its end. */
export function runSite(args: readonly string[]) {
  return startBook("site.mts", args).ended;
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

function watch(child: Child): PlaybookProcess {
  const events: RunEvent[] = [];
  const waiting = new Set<() => void>();
  let stderr = "";
  let closed = false;
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    events.push(JSON.parse(line));
    for (const look of waiting) look();
  });
  const ended = new Promise<{ code: number | null; events: RunEvent[]; stderr: string }>((resolve) => {
    child.once("close", (code) => {
      closed = true;
      resolve({ code, events, stderr });
      for (const look of waiting) look();
    });
  });
  const until = <T>(find: () => T | undefined, what: string) =>
    new Promise<T>((resolve, reject) => {
      const look = () => {
        const found = find();
        if (found !== undefined) resolve(found);
        else if (closed) reject(new Error(`the playbook ended without ${what}: ${stderr}${JSON.stringify(events)}`));
        else return;
        waiting.delete(look);
      };
      waiting.add(look);
      look();
    });
  return {
    child,
    events,
    ended,
    event<E extends RunEvent["event"]>(name: E, skip = 0) {
      const named = (event: RunEvent): event is Extract<RunEvent, { event: E }> => event.event === name;
      return until(() => events.filter(named)[skip], name);
    },
    until: (is, what) => until(() => events.find(is), what),
  };
}

/** Runs a playbook of `fixtures/` to its end. */
export function runPlaybook(fixture: string, args: readonly string[]) {
  return startPlaybook(fixture, args).ended;
}

/** An inventory file for lab hosts, with variables of all and of single hosts as told. */
export function inventoryOf(
  lab: Lab,
  hosts: readonly LabHost[],
  vars: Readonly<Record<string, unknown>> = {},
  hostVars: Readonly<Record<string, object>> = {},
): string {
  const inventory = {
    all: {
      vars: {
        ansible_user: "admin",
        ansible_become: true,
        ansible_ssh_private_key_file: lab.keyFile,
        hostwright_known_hosts_file: lab.knownHostsFile,
        ...vars,
      },
      hosts: Object.fromEntries(hosts.map(({ name, address }) => [name, { ansible_host: address, ...hostVars[name] }])),
    },
  };
  return temporaryFile("inventory.yaml", JSON.stringify(inventory));
}

/** A file of this name in a folder of its own. */
export function temporaryFile(name: string, text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), "hostwright-test-")), name);
  writeFileSync(file, text);
  return file;
}

/** The message with which a host ended, and what was told of its tasks that failed beside that. */
export function errorOf(events: readonly RunEvent[], host?: string): string {
  const isIts = (event: { readonly host: string }) => host === undefined || event.host === host;
  const finished = events.find((event) => event.event === "host-finished" && event.error && isIts(event));
  if (finished?.event !== "host-finished" || !finished.error) return "";
  const { message } = finished.error;
  const told = events.flatMap((event) =>
    event.event === "task-finished" && event.status === "failed" && isIts(event) ? [event.reason] : [],
  );
  return [message, ...told.filter((reason) => !message.includes(reason))].join("\n");
}
