import type { PreparedPlay } from "./prepare.ts";

/** What `--list-hosts`, `--list-roles` and `--list-tasks` print. */
export function listing(plays: readonly PreparedPlay[], what: "hosts" | "roles" | "tasks"): string {
  const lines = plays.flatMap((play) => [
    `${play.title} (${play.hosts.length} ${play.hosts.length === 1 ? "host" : "hosts"})`,
    ...(what === "hosts" ? play.hosts.map(({ host }) => `  ${host.name}`) : rolesOf(play, what === "tasks")),
  ]);
  return `${lines.join("\n")}\n`;
}

/** Roles in order; hosts whose lists are the same are told together. */
function rolesOf({ hosts }: PreparedPlay, withTasks: boolean): readonly string[] {
  const byList = new Map<string, string[]>();
  for (const { host, roles } of hosts) {
    const list = roles
      .flatMap((role) => [
        `    ${role.name}${role.kind === "async" ? " (decides by what it reads)" : ""}`,
        ...(withTasks && role.kind === "list" ? role.tasks.map((task) => `      ${task.name} ${task.subject}`) : []),
      ])
      .join("\n");
    byList.set(list, [...(byList.get(list) ?? []), host.name]);
  }
  return [...byList].flatMap(([list, names]) => [`  ${names.join(", ")}`, list]);
}
