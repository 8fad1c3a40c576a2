import { isAbsolute, join, resolve } from "node:path";
import type { z } from "zod";
import { nearest } from "../text/nearest.ts";
import {
  ALIASES,
  ConnectionVariables,
  REFUSED,
  REFUSED_WHEN_FALSE,
  UNUSED,
  UNUSED_PATTERN,
} from "./connection-variables.ts";
import type { Variable, Variables } from "./draft.ts";
import { problemsOf } from "./issues.ts";
import type { Mistake } from "./mistakes.ts";
import { originOf } from "./origin.ts";

/** How a host is reached and how root is had there. Passwords are plain texts: keep them out of what is shown. */
export interface Connection {
  readonly kind: "ssh" | "local";
  /** `ansible_host`, or the host's name. */
  readonly address: string;
  /** `ansible_port`, or 22. */
  readonly port: number;
  /** `ansible_user`; without it the transport decides. */
  readonly user?: string;
  /** `ansible_become`: whether to become root, by sudo. */
  readonly become: boolean;
  readonly becomePassword?: string;
  readonly password?: string;
  /** An absolute path. Relative ones start at the inventory's folder. */
  readonly privateKeyFile?: string;
  readonly privateKeyPassphrase?: string;
  /** An absolute path, as above. */
  readonly knownHostsFile?: string;
}

/** Where relative paths and `~/` start. */
export interface Bases {
  readonly home: string;
  /** The folder of the inventory, for variables from the command line. */
  readonly folderOf: (variable: Variable) => string;
}

/** Whether a variable is about connecting, and so none of the playbook's. */
export function isConnectionVariable(name: string): boolean {
  return name.startsWith("ansible_") || name.startsWith("hostwright_");
}

/**
 * Makes the connection of a host out of its `ansible_*` and `hostwright_*` variables. Values that are not what they
 * have to be, unknown names, and what is not supported, are mistakes.
 *
 * @see Ansible, "How to build your inventory", Connecting to hosts: behavioral inventory parameters
 */
export function connectionOf(host: string, variables: Variables, bases: Bases, mistakes: Mistake[]): Connection {
  const input: Record<string, unknown> = {};
  const from = new Map<string, Variable>();
  const wrong = (variable: Variable, problem: string, remedy?: string, path: readonly PropertyKey[] = []) =>
    mistakes.push({ place: originOf(variable, path), hosts: [host], problem, remedy });
  for (const variable of variables.values()) {
    if (!isConnectionVariable(variable.name)) continue;
    const name = CANONICAL.get(variable.name) ?? variable.name;
    const other = from.get(name);
    if (name in ConnectionVariables.shape) {
      if (other) wrong(variable, `variable ${variable.name}: ${other.name} means the same and is set too`, "keep one");
      from.set(name, variable);
      input[name] = variable.value;
    } else {
      const problem = refusal(variable);
      if (problem) wrong(variable, ...problem);
    }
  }
  const parsed = ConnectionVariables.safeParse(input);
  if (!parsed.success) {
    for (const { path, problem, remedy } of problemsOf(parsed.error.issues, input, ConnectionVariables)) {
      const variable = from.get(String(path[0]));
      if (variable) wrong(variable, problem.replace(String(path[0]), variable.name), remedy, path.slice(1));
    }
    return { kind: "ssh", address: host, port: 22, become: false };
  }
  return toConnection(host, parsed.data, (name, path) => absolute(path, bases, from.get(name)));
}

const CANONICAL = new Map(Object.entries(ALIASES).flatMap(([name, also]) => also.map((alias) => [alias, name])));
const KNOWN = [...Object.keys(ConnectionVariables.shape), ...CANONICAL.keys(), ...UNUSED];

function refusal({ name, value }: Variable): [problem: string, remedy?: string] | undefined {
  const empty = value === null || value === "" || value === undefined;
  const refused = empty ? undefined : REFUSED[name];
  if (refused !== undefined) return [`variable ${name}: is not supported`, refused];
  const wanted = REFUSED_WHEN_FALSE[name];
  if (wanted !== undefined) {
    return /^(?:false|no|off|0)$/i.test(String(value)) ? [`variable ${name}: is not supported`, wanted] : undefined;
  }
  if (name === "ansible_group_priority") {
    const remedy = "it counts only under vars of a group in the inventory file, for Ansible too";
    return [`variable ${name}: found where it has no effect`, remedy];
  }
  if (UNUSED.has(name) || UNUSED_PATTERN.test(name) || name in REFUSED) return undefined;
  const near = nearest(name, KNOWN);
  return [
    `variable ${name}: is unknown`,
    near
      ? `did you mean ${near}?`
      : "ansible_ and hostwright_ begin names of connection variables: choose another name",
  ];
}

function toConnection(
  host: string,
  data: z.output<typeof ConnectionVariables>,
  path: (name: string, path: string) => string,
): Connection {
  const optional = {
    user: data.ansible_user,
    password: data.ansible_password,
    becomePassword: data.ansible_become_password,
    privateKeyPassphrase: data.ansible_ssh_private_key_passphrase,
    privateKeyFile:
      data.ansible_ssh_private_key_file && path("ansible_ssh_private_key_file", data.ansible_ssh_private_key_file),
    knownHostsFile:
      data.hostwright_known_hosts_file && path("hostwright_known_hosts_file", data.hostwright_known_hosts_file),
  };
  return {
    kind: data.ansible_connection ?? "ssh",
    address: (data.ansible_host ?? host).replace(/^\[(.*)\]$/, "$1"),
    port: data.ansible_port ?? 22,
    become: data.ansible_become ?? false,
    ...(withoutUndefined(optional) as Partial<Connection>),
  };
}

function withoutUndefined(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function absolute(path: string, { home, folderOf }: Bases, variable: Variable | undefined): string {
  if (path === "~" || path.startsWith("~/")) return join(home, path.slice(1));
  if (isAbsolute(path) || !variable) return resolve(path);
  return resolve(folderOf(variable), path);
}
