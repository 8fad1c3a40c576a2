import { join } from "node:path";
import { z } from "zod";
import { UsageError } from "../errors.ts";
import type { Inventory, InventoryHost } from "./inventory.ts";
import { type Problem, problemsOf } from "./issues.ts";
import { type Mistake, throwMistakes } from "./mistakes.ts";

/**
 * Validates the playbook's variables of hosts (all but `ansible_*` and `hostwright_*`) by the playbook's schema.
 * Whether variables that the schema does not name are mistakes is the schema's to say: `z.strictObject` or `z.object`.
 *
 * @param inventory what `loadInventory` gave
 * @param schema a zod object, or what is made from one by `refine`, `transform` and the like, but nothing asynchronous
 * @param hosts the hosts to validate, all of the inventory by default
 * @returns for each host, by its name, what the schema makes of its variables
 * @throws InventoryError with the mistakes of all hosts, each with its place in the files, what was found, and what was
 * expected; values of variables whose name sounds secret are not shown
 * @throws UsageError when the schema is asynchronous
 * @example
 * const vars = validateVars(inventory, z.strictObject({ api_port: z.int().default(6443) }));
 * vars.get("cp-1")?.api_port; // 6443
 */
export function validateVars<S extends z.ZodType>(
  inventory: Inventory,
  schema: S,
  hosts: readonly InventoryHost[] = inventory.hosts,
): Map<string, z.output<S>> {
  const outputs = new Map<string, z.output<S>>();
  const mistakes: Mistake[] = [];
  const missing = new Map<string, { problem: Problem; hosts: InventoryHost[] }>();
  for (const host of hosts) {
    const parsed = parse(schema, host.vars);
    if (parsed.success) {
      outputs.set(host.name, parsed.data);
      continue;
    }
    const written = (path: readonly PropertyKey[]) => inventory.origin(host, path) ?? {};
    for (const problem of problemsOf(parsed.error.issues, host.vars, schema, written)) {
      const place = inventory.origin(host, problem.path);
      if (place) mistakes.push({ place, hosts: [host.name], problem: problem.problem, remedy: problem.remedy });
      else {
        const same = missing.get(problem.problem);
        if (same) same.hosts.push(host);
        else missing.set(problem.problem, { problem, hosts: [host] });
      }
    }
  }
  for (const { problem, hosts } of missing.values()) {
    const place = inventory.definition(hosts[0]?.name ?? "");
    const remedy = problem.missing ? whereToPut(inventory, hosts) : problem.remedy;
    mistakes.push({ place, hosts: hosts.map(({ name }) => name), problem: problem.problem, remedy });
  }
  throwMistakes(mistakes);
  return outputs;
}

function parse<S extends z.ZodType>(schema: S, vars: unknown): z.ZodSafeParseResult<z.output<S>> {
  try {
    return schema.safeParse(vars);
  } catch (cause) {
    if (!(cause instanceof z.core.$ZodAsyncError)) throw cause;
    throw new UsageError("the schema of the variables is asynchronous, expected one that is not", { cause });
  }
}

/** `put it into inventory/host_vars/cp-1.yaml or the group_vars of its groups (control_plane, kubernetes, all)` */
function whereToPut(inventory: Inventory, hosts: readonly InventoryHost[]): string {
  const [first, ...others] = hosts;
  if (!first) return "";
  const common = first.groups.filter((group) => others.every(({ groups }) => groups.includes(group)));
  const groups = [...common, "all"].filter((group) => group !== "ungrouped").join(", ");
  if (others.length > 0) return `put it into the group_vars of a group of theirs (${groups}), or into host_vars`;
  return `put it into ${join(inventory.folder, "host_vars", `${first.name}.yaml`)} or the group_vars of its groups (${groups})`;
}
