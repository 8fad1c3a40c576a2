import type { Role } from "../engine/role.ts";
import { HostwrightError, UsageError } from "../errors.ts";
import type { Inventory, InventoryHost } from "../inventory/index.ts";
import { nearest } from "../text/nearest.ts";
import type { Arguments } from "./arguments.ts";
import type { HostVars } from "./host-vars.ts";
import type { Play, PlayHost, PlayOptions } from "./play.ts";

/** A play with its closures called: what is left is to run it. */
export interface PreparedPlay {
  readonly title: string;
  readonly options: PlayOptions;
  readonly hosts: readonly PreparedHost[];
}

export interface PreparedHost {
  readonly host: InventoryHost;
  readonly roles: readonly Role[];
}

/**
 * Calls every closure for every host, `--limit`, `--only` and `--skip` applied.
 *
 * @throws UsageError with the mistakes of all plays and hosts, each once
 */
export function preparePlays<V>(
  plays: readonly Play<V>[],
  inventory: Inventory,
  vars: HostVars<V>,
  { limit, only, skip }: Pick<Arguments, "limit" | "only" | "skip">,
): readonly PreparedPlay[] {
  const mistakes = new Map<string, string[]>();
  const note = (message: string, where: string) => mistakes.set(message, [...(mistakes.get(message) ?? []), where]);
  const limited =
    limit === undefined ? undefined : new Set(attempt(() => inventory.select(limit), note, "--limit") ?? []);
  const hostOf = playHosts(inventory, vars);
  const roleNames = new Set<string>();
  const prepared = plays.map((play): PreparedPlay => {
    checkOptions(play, note);
    const where = `play ${JSON.stringify(play.title)}`;
    const selected = attempt(() => inventory.select(play.pattern), note, where) ?? [];
    const hosts = selected.filter((host) => !limited || limited.has(host));
    return {
      title: play.title,
      options: play.options,
      hosts: hosts.flatMap((host): PreparedHost[] => {
        const all = attempt(() => play.body(hostOf(host)), note, `${where}, ${host.name}`) ?? [];
        for (const role of all) roleNames.add(role.name);
        const wanted = all.filter(({ name }) => (only.length === 0 || only.includes(name)) && !skip.includes(name));
        return wanted.length === 0 ? [] : [{ host, roles: wanted }];
      }),
    };
  });
  if (mistakes.size === 0) {
    for (const [flag, names] of [
      ["--only", only],
      ["--skip", skip],
    ] as const) {
      for (const name of names) if (!roleNames.has(name)) note(unknownRole(name, roleNames), flag);
    }
  }
  if (mistakes.size > 0)
    throw new UsageError([...mistakes].map(([message, places]) => told(message, places)).join("\n"));
  return prepared;
}

function attempt<T>(work: () => T, note: (message: string, where: string) => void, where: string): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof HostwrightError)) throw error;
    note(error.message, where);
    return undefined;
  }
}

/** The same mistake on many hosts is told once, with the first places. */
function told(message: string, places: readonly string[]): string {
  const more = places.length > 3 ? ` and ${places.length - 3} more` : "";
  return `${places.slice(0, 3).join("; ")}${more}: ${message}`;
}

function unknownRole(name: string, roleNames: ReadonlySet<string>): string {
  const near = nearest(name, roleNames);
  const known = [...roleNames].join(", ") || "none";
  return `no play has a role ${JSON.stringify(name)}${near ? `; did you mean ${near}?` : ""} (roles: ${known})`;
}

function checkOptions({ title, options }: Play<never>, note: (message: string, where: string) => void): void {
  const { serial, maxFailures } = options;
  const share = typeof serial === "string" ? Number(serial.slice(0, -1)) : undefined;
  const valid =
    serial === undefined ||
    (typeof serial === "number"
      ? Number.isInteger(serial) && serial >= 1
      : share !== undefined && share > 0 && share <= 100);
  if (!valid)
    note(`serial is ${serial}, has to be a number from 1 or a share such as "25%"`, `play ${JSON.stringify(title)}`);
  if (maxFailures !== undefined && !(Number.isInteger(maxFailures) && maxFailures >= 0)) {
    note(`maxFailures is ${maxFailures}, has to be a number from 0`, `play ${JSON.stringify(title)}`);
  }
}

/** Makes the closures' view of hosts, each host's once. */
export function playHosts<V>(inventory: Inventory, vars: HostVars<V>): (host: InventoryHost) => PlayHost<V> {
  const known = new Map<InventoryHost, PlayHost<V>>();
  const toPlayHost = (host: InventoryHost): PlayHost<V> => {
    const made = known.get(host) ?? {
      name: host.name,
      address: host.connection.address,
      groups: host.groups,
      vars: vars.of(host),
      group: (name: string) => groupOf(name).map(toPlayHost),
    };
    known.set(host, made);
    return made;
  };
  const groupOf = (name: string): readonly InventoryHost[] => {
    const group = inventory.group(name);
    if (group) return group.hosts;
    const names = inventory.groups.map((each) => each.name);
    const near = nearest(name, names);
    throw new UsageError(
      `the inventory has no group ${JSON.stringify(name)}${near ? `; did you mean ${near}?` : ""} (groups: ${names.join(", ")})`,
    );
  };
  return toPlayHost;
}
