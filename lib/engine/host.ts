import type { Action } from "./action.ts";
import type { TaskResult } from "./entry.ts";
import type { HostFacts } from "./facts.ts";
import type { Read } from "./read.ts";
import type { Task } from "./task.ts";

/** An answer, or in check mode the word that it cannot be had before something is applied. */
export type ReadAnswer<T> =
  | { readonly known: true; readonly value: T }
  | { readonly known: false; readonly until: string };

/** What an action brought; in check mode it is not done, and only told. */
export type ActAnswer<T> = { readonly acted: true; readonly value: T } | { readonly acted: false };

export interface ConvergeAnswer {
  /** Whether anything was changed, or would be. */
  readonly changed: boolean;
  readonly results: readonly TaskResult[];
  /** How many questions it took, counted by key. */
  readonly readsAsked: number;
}

/** A host as a role sees it. */
export interface Host {
  readonly name: string;
  readonly check: boolean;
  facts(): Promise<HostFacts>;
  /**
   * Brings the host to what the tasks demand, in one round trip where it is there already.
   *
   * @throws TaskError, CommandError, ConnectionError, PrivilegeError, TimeoutError
   */
  converge(tasks: readonly Task[]): Promise<ConvergeAnswer>;
  /** Asks the host; in check mode, after a pending change that may touch the answer, it is not known. */
  read<T>(read: Read<T>): Promise<ReadAnswer<T>>;
  /** Does something; not in check mode. */
  act<T>(action: Action<T>): Promise<ActAnswer<T>>;
  /**
   * Another host of the inventory, in this play or not: a role that has to know or do something elsewhere, such as make
   * a join token on a control plane, asks there instead of remembering. It is connected when first used, within
   * `--limit` or not; what it is asked throws ConnectionError where it cannot be reached.
   *
   * @throws UsageError, when the inventory has no such host
   */
  peer(name: string): Host;
}
