import { randomBytes } from "node:crypto";
import { homedir, userInfo } from "node:os";
import pLimit from "p-limit";
import type { z } from "zod";
import type { Emit, RunEvent } from "../engine/events.ts";
import { HostRun } from "../engine/host-run.ts";
import { UsageError } from "../errors.ts";
import type { Inventory, InventoryHost } from "../inventory/index.ts";
import { Redactor } from "../secrets/redact.ts";
import { Secret, secretsIn } from "../secrets/secret.ts";
import { type Deadlines, defaultDeadlines } from "../session/deadlines.ts";
import { runIdentity } from "../session/lock.ts";
import { nearest } from "../text/nearest.ts";
import type { Arguments } from "./arguments.ts";
import { connector } from "./connect.ts";
import { ExitCode, refuse } from "./exit.ts";
import type { HostVars } from "./host-vars.ts";
import { interrupts } from "./interrupts.ts";
import { listing } from "./listing.ts";
import type { Play, PlayHost } from "./play.ts";
import { type PreparedHost, type PreparedPlay, playHosts, preparePlays } from "./prepare.ts";
import { Recap } from "./recap.ts";
import { reporterFor } from "./reporter.ts";
import { type HostResult, listenerOf } from "./run-host.ts";
import { runPlays } from "./run-plays.ts";

export interface PlaybookOptions<S extends z.ZodType> {
  /** For reports, and for whoever meets this run's lock on a host. */
  readonly name: string;
  /** A sentence for `--help`. */
  readonly description?: string;
  /** The inventory's variables; default: any. Every host is validated before anything is connected. */
  readonly vars?: S;
  /** Where `--inventory` is not given; relative to the current directory. Default: `inventory/lab.yaml`. */
  readonly inventory?: string;
  /** Hosts at a time where `--forks` is not given. Default 50. */
  readonly forks?: number;
  readonly deadlines?: Partial<Deadlines>;
  /** Default: what stands behind the script's name on the command line. */
  readonly args?: readonly string[];
  /** Who else wants the events, redacted. */
  readonly onEvent?: Emit;
  /** End the process with the right exit code when the run was not clean. Default true; false returns or throws. */
  readonly exit?: boolean;
}

export interface RunResult {
  readonly exitCode: number;
  readonly hosts: readonly HostResult[];
}

/** An opened playbook. `await using` closes what a script that throws leaves open. */
export class Playbook<V> implements AsyncDisposable {
  readonly args: Arguments;
  readonly inventory: Inventory;
  readonly #options: PlaybookOptions<z.ZodType>;
  readonly #vars: HostVars<V>;
  readonly #hostRuns = new Map<string, HostRun>();

  constructor(options: PlaybookOptions<z.ZodType>, args: Arguments, inventory: Inventory, vars: HostVars<V>) {
    this.#options = options;
    this.args = args;
    this.inventory = inventory;
    this.#vars = vars;
  }

  /** All hosts of the inventory with their variables, in its order. */
  get hosts(): readonly PlayHost<V>[] {
    return this.inventory.hosts.map(playHosts(this.inventory, this.#vars));
  }

  /**
   * Ends the process as any mistake of usage does, before anything is connected: for what a script finds out itself.
   *
   * @throws UsageError with `exit: false`
   */
  refuse(message: string): never {
    return refuse(new UsageError(message), this.#options.exit ?? true);
  }

  /**
   * Runs plays: evaluates all of them, then connects. Ends the process with the right exit code when a host failed, was
   * unreachable, or the run was interrupted; otherwise returns, and the script goes on.
   *
   * @throws UsageError with `exit: false`
   */
  async run(plays: readonly Play<V>[]): Promise<RunResult> {
    let prepared: readonly PreparedPlay[];
    try {
      prepared = preparePlays(plays, this.inventory, this.#vars, this.args);
      if (!this.args.list && prepared.every((play) => play.hosts.length === 0)) {
        throw new UsageError(
          `no play has a host to run on${this.args.limit === undefined ? "" : `, with --limit ${this.args.limit}`}`,
        );
      }
    } catch (error) {
      return refuse(error, this.#options.exit ?? true);
    }
    if (this.args.list) {
      process.stdout.write(listing(prepared, this.args.list));
      return this.#end({ exitCode: ExitCode.done, hosts: [] }, true);
    }
    const result = await this.#runPrepared(prepared);
    return this.#end(result, result.exitCode !== ExitCode.done);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#hostRuns.values()].map((run) => run.close()));
    this.#hostRuns.clear();
  }

  async #runPrepared(plays: readonly PreparedPlay[]): Promise<RunResult> {
    const start = performance.now();
    const names = this.#hostNames(plays);
    const redactor = this.#redactor(plays);
    const recap = new Recap(names);
    const report = reporterFor(this.args);
    const emit: Emit = (event) => {
      const shown: RunEvent = redactor.value(event);
      recap.count(shown);
      report.listener(shown);
      this.#options.onEvent?.(shown);
    };
    const stop = interrupts(() =>
      emit({ event: "notice", message: "interrupted: stopping what runs; once more to end at once" }),
    );
    try {
      emit({
        event: "run-started",
        playbook: this.#options.name,
        check: this.args.check,
        plays: plays.map(({ title, hosts }) => ({ title, hosts: hosts.map(({ host }) => host.name) })),
      });
      for (const file of this.inventory.unusedFiles) {
        emit({ event: "notice", message: `${file} belongs to no host or group of this inventory` });
      }
      const identity = runIdentity(randomBytes(6).toString("hex"), this.#options.name);
      const handshake = pLimit(HANDSHAKES);
      const deadlines = { ...defaultDeadlines, ...this.#options.deadlines };
      const account = { home: homedir(), user: userInfo().username, agent: process.env.SSH_AUTH_SOCK };
      const connect = connector(account, deadlines);
      let current = "";
      const runOf = (host: InventoryHost): HostRun => {
        const made =
          this.#hostRuns.get(host.name) ??
          new HostRun({
            host: host.name,
            check: this.args.check,
            run: identity,
            deadlines,
            signal: stop.signal,
            connect: () => handshake(() => connect(host.name, host.connection)),
            listener: listenerOf(
              host.name,
              () => current,
              emit,
              (secrets) => redactor.add(...secrets),
            ),
            peer: (name) => runOf(peerOf(this.inventory, name)),
          });
        this.#hostRuns.set(host.name, made);
        return made;
      };
      const hosts = await runPlays(plays, {
        forks: this.args.forks ?? this.#options.forks ?? 50,
        emit,
        signal: stop.signal,
        hostRun: ({ host }: PreparedHost, play) => {
          current = play;
          return runOf(host);
        },
      });
      await this[Symbol.asyncDispose]();
      emit({ event: "recap", hosts: recap.hosts, durationMs: Math.round(performance.now() - start) });
      return { hosts, exitCode: this.#exitCode(recap, stop.signal.aborted) };
    } finally {
      stop.release();
      report.end();
    }
  }

  /** The hosts of all plays in the order of the inventory; one that is only implied, such as localhost, comes last. */
  #hostNames(plays: readonly PreparedPlay[]): readonly string[] {
    const used = new Set(plays.flatMap((play) => play.hosts.map(({ host }) => host.name)));
    const known = this.inventory.hosts.map(({ name }) => name).filter((name) => used.delete(name));
    return [...known, ...used];
  }

  #redactor(plays: readonly PreparedPlay[]): Redactor {
    const redactor = new Redactor();
    for (const vars of this.#vars.all()) redactor.add(...secretsIn(vars));
    for (const { hosts } of plays) {
      for (const { host, roles } of hosts) {
        for (const role of roles) redactor.add(...role.secrets);
        const { password, becomePassword, privateKeyPassphrase } = host.connection;
        for (const value of [password, becomePassword, privateKeyPassphrase]) {
          if (value !== undefined) redactor.add(new Secret(value));
        }
      }
    }
    return redactor;
  }

  #exitCode(recap: Recap, interrupted: boolean): number {
    if (interrupted) return ExitCode.interrupted;
    if (recap.any("failed")) return ExitCode.failed;
    if (recap.any("unreachable")) return ExitCode.unreachable;
    return this.args.detailedExitcode && recap.any("changed") ? ExitCode.changed : ExitCode.done;
  }

  /** Ends the process, or returns. A run that only changed something lets the script go on, its exit code set. */
  async #end(result: RunResult, final: boolean): Promise<RunResult> {
    if (!(this.#options.exit ?? true)) return result;
    if (!final) return result;
    process.exitCode = result.exitCode;
    if (result.exitCode === ExitCode.changed) return result;
    await new Promise<void>((resolve) => process.stdout.write("", () => resolve()));
    process.exit(result.exitCode);
  }
}

/** The host that a role names. The names come from its parameters, so a mistake is one of the playbook's. */
function peerOf(inventory: Inventory, name: string): InventoryHost {
  const [host] = inventory.hosts.filter((each) => each.name === name);
  if (host) return host;
  const names = inventory.hosts.map((each) => each.name);
  const near = nearest(name, names);
  throw new UsageError(
    `the inventory has no host ${JSON.stringify(name)} for a role to ask${near ? `; did you mean ${near}?` : ""}`,
  );
}

/** Logins at a time: what a controller's core can encrypt, and below what sshd drops behind a bastion. */
const HANDSHAKES = 32;
