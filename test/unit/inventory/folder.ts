import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ExecutionContext } from "ava";
import { InventoryError } from "../../../lib/errors.ts";
import { type Inventory, type InventoryOptions, loadInventory } from "../../../lib/inventory/index.ts";

/** Writes files into a new folder, which is removed when the test ends. */
export function folderWith(t: ExecutionContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "hostwright-inventory-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** Loads `lab.yaml` of a new folder with these files. */
export function loadFiles(
  t: ExecutionContext,
  files: Readonly<Record<string, string>>,
  options?: InventoryOptions,
): Inventory {
  return loadInventory(join(folderWith(t, files), "lab.yaml"), options);
}

export function load(t: ExecutionContext, yaml: string, options?: InventoryOptions): Inventory {
  return loadFiles(t, { "lab.yaml": yaml }, options);
}

/** The lines of the InventoryError that an action throws, without its first; the folder's path is taken out. */
export function mistakes(t: ExecutionContext, action: () => unknown): string[] {
  const error = t.throws(action, { instanceOf: InventoryError });
  const message = error.message.replace(/(?<=^|[\s"])\/\S*?hostwright-inventory-\w+\//gm, "");
  return message.split("\n").slice(1);
}

/** An inventory of hosts `cp-1` to `cp-3`, whose variables a test writes. */
export function withVars(vars: string): string {
  const indented = vars.replace(/^(?=.)/gm, "    ");
  return `all:\n  hosts:\n    cp-1:\n    cp-2:\n    cp-3:\n  vars:\n${indented}\n`;
}
