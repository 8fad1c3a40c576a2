import type { Role } from "../engine/role.ts";

/** A host as a play's closure sees it, before anything is connected. */
export interface PlayHost<V> {
  readonly name: string;
  /** `ansible_host`, or the name. */
  readonly address: string;
  readonly groups: readonly string[];
  /** The inventory's variables as the playbook's schema made them. */
  readonly vars: V;
  /**
   * The hosts of a group, in the order of the inventory and whatever `--limit` says: what a balancer has to know of
   * its peers does not depend on which of them this run visits.
   *
   * @throws UsageError when there is no such group
   */
  group(name: string): readonly PlayHost<V>[];
}

export interface PlayOptions {
  /**
   * How many hosts at a time, as batches that end before the next begins: a number, or a share such as `"25%"`.
   * Default: all, `forks` at a time.
   */
  readonly serial?: number | `${number}%`;
  /**
   * More failed or unreachable hosts than this end the run: those that have begun come to their end, nobody else begins,
   * nor does a role that hosts take turns in (`oneAtATime`) where its turn has not come. Default: no limit.
   */
  readonly maxFailures?: number;
}

/** Roles for the hosts of a pattern. */
export interface Play<V> {
  readonly title: string;
  readonly pattern: string;
  readonly options: PlayOptions;
  readonly body: (host: PlayHost<V>) => readonly Role[];
}

type Body<V> = (host: PlayHost<V>) => readonly Role[];

/**
 * A play: these roles on the hosts of a pattern. The closure is called for every host before the first connection, so
 * that a mistake in a parameter costs none; list roles that stand beside each other are converged in one round trip.
 *
 * @param pattern Ansible's patterns: `control_plane`, `web:&prod:!db-1`, `cp[0:1]`, `web*`, `~regex`
 * @example
 * play("Balance the API", "control_plane", (host) => [keepalived({ address: host.vars.vip })])
 * play("Form the cluster", "control_plane", { serial: 1, maxFailures: 0 }, (host) => [kubeadm({ … })])
 */
export function play<V>(title: string, pattern: string, body: Body<V>): Play<V>;
export function play<V>(title: string, pattern: string, options: PlayOptions, body: Body<V>): Play<V>;
export function play<V>(title: string, pattern: string, second: PlayOptions | Body<V>, third?: Body<V>): Play<V> {
  const [options, body] = typeof second === "function" ? [{}, second] : [second, third];
  if (!body) throw new TypeError(`play ${JSON.stringify(title)} has no closure that makes its roles`);
  return { title, pattern, options, body };
}
