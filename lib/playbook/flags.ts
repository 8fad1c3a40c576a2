interface Flag {
  readonly type: "string" | "boolean";
  readonly short?: string;
  readonly multiple?: boolean;
  /** How its value is shown in the help. */
  readonly value?: string;
  readonly help: string;
}

/** Every flag of a playbook. */
export const FLAGS: Readonly<Record<string, Flag>> = {
  inventory: {
    type: "string",
    short: "i",
    multiple: true,
    value: "PATH",
    help: "inventory file or folder; may be repeated",
  },
  limit: {
    type: "string",
    short: "l",
    value: "PATTERN",
    help: "only these hosts: web:&prod:!db-1, cp[0:1], web*, ~regex",
  },
  only: { type: "string", multiple: true, value: "ROLE,…", help: "only these roles" },
  skip: { type: "string", multiple: true, value: "ROLE,…", help: "all roles but these" },
  check: { type: "boolean", short: "C", help: "say what would change, and change nothing" },
  diff: { type: "boolean", short: "D", help: "show the text of files before and after" },
  forks: { type: "string", short: "f", value: "N", help: "how many hosts at a time (default 50)" },
  "extra-vars": {
    type: "string",
    short: "e",
    multiple: true,
    value: "VARS",
    help: "key=value, a JSON object, or @file.yaml",
  },
  "list-hosts": { type: "boolean", help: "print the hosts of each play, and end" },
  "list-roles": { type: "boolean", help: "print the roles of each play, and end" },
  "list-tasks": { type: "boolean", help: "print the tasks of each role, and end" },
  json: { type: "boolean", help: "print events as JSON lines; the last one is the recap" },
  verbose: { type: "boolean", short: "v", help: "print unchanged tasks too, with their reasons" },
  "detailed-exitcode": { type: "boolean", help: "end with 2 when something changed, or would" },
  help: { type: "boolean", short: "h", help: "print this" },
};

/** The text of `--help`. */
export function helpText(playbook: string, description: string | undefined): string {
  const rows = Object.entries(FLAGS).map(([name, { short, value, help }]) => {
    const left = `  ${short ? `-${short}, ` : "    "}--${name}${value ? ` ${value}` : ""}`;
    return `${left.padEnd(30)} ${help}`;
  });
  return `${[
    `Usage: npx zx ${playbook} [flags]`,
    ...(description ? ["", description] : []),
    "",
    ...rows,
    "",
    "Exit codes: 0 done; 1 a host failed; 2 with --detailed-exitcode: something changed, or would;",
    "3 arguments, inventory or parameters are wrong; 4 a host is unreachable; 130 interrupted.",
  ].join("\n")}\n`;
}
