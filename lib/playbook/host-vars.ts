import type { z } from "zod";
import { type Inventory, type InventoryHost, validateVars } from "../inventory/index.ts";

/**
 * What the playbook's schema makes of hosts' variables: of all hosts of the inventory at once, and of one that is only
 * implied, such as localhost, when a play names it.
 */
export class HostVars<V> {
  readonly #inventory: Inventory;
  readonly #schema: z.ZodType<V>;
  readonly #vars: Map<string, V>;

  /** @throws InventoryError with the mistakes of all hosts */
  constructor(inventory: Inventory, schema: z.ZodType<V>) {
    this.#inventory = inventory;
    this.#schema = schema;
    this.#vars = validateVars(inventory, schema);
  }

  /** @throws InventoryError with the mistakes of an implied host */
  of(host: InventoryHost): V {
    if (!this.#vars.has(host.name)) {
      for (const [name, vars] of validateVars(this.#inventory, this.#schema, [host])) this.#vars.set(name, vars);
    }
    return this.#vars.get(host.name) as V;
  }

  /** Of every host so far. */
  all(): Iterable<V> {
    return this.#vars.values();
  }
}
