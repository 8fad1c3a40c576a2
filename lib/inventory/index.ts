/** Inventories: Ansible's YAML in, hosts with groups, connections and variables out. */
export type { Connection } from "./connection.ts";
export type { Inventory, InventoryGroup, InventoryHost } from "./inventory.ts";
export { type InventoryOptions, loadInventory } from "./load.ts";
export type { Place } from "./mistakes.ts";
export type { Origin } from "./origin.ts";
export { expandHostNames, type HostNames } from "./ranges.ts";
export { isSecret } from "./show.ts";
export { validateVars } from "./validate.ts";
export type { ExtraVars } from "./variables.ts";
