import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import test from "ava";
import { roleFolders } from "../../scripts/role-docs.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { exports } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as {
  exports: Record<string, { types: string; default: string } | string>;
};

/** What other repositories import. A name that goes, or comes, is a decision. */
const FRONT_DOOR = [
  "CommandError",
  "ConnectionError",
  "ExitCode",
  "HostwrightError",
  "InventoryError",
  "MASK",
  "PrivilegeError",
  "Secret",
  "SecretString",
  "SecretText",
  "TaskError",
  "TimeoutError",
  "UsageError",
  "blocked",
  "command",
  "content",
  "converged",
  "defineAction",
  "defineRead",
  "defineRole",
  "defineTask",
  "hostFacts",
  "joinSh",
  "loadInventory",
  "openPlaybook",
  "pending",
  "play",
  "predict",
  "rawSh",
  "secretText",
  "sh",
  "splitLines",
  "unknowable",
  "unknowableBy",
  "unknowableWhere",
  "validateVars",
];

test("the front door has these names", async (t) => {
  t.deepEqual(Object.keys(await import("../../lib/index.ts")).sort(), [...FRONT_DOOR].sort());
});

const subpaths = Object.entries(exports).filter(([name]) => /^\.\/(tasks|roles)\//.test(name));

for (const [name, target] of subpaths) {
  test(`${name} leads to a task, an act or a role`, async (t) => {
    if (typeof target === "string") return t.fail();
    const source = target.default.replace("./dist/", root).replace(/\.js$/, ".ts");
    t.is(target.types, target.default.replace(/\.js$/, ".d.ts"));
    const module: Record<string, unknown> = await import(source);
    const made = Object.values(module).filter(
      (each) => typeof each === "function" && ("taskName" in each || "actionName" in each || "roleName" in each),
    );
    t.is(made.length, 1);
  });
}

test("every task, act and role has its subpath", async (t) => {
  const found: string[] = roleFolders().map((role) => `./roles/${role}`);
  for (const file of readdirSync(`${root}lib/tasks`)) {
    const module: Record<string, unknown> = await import(`${root}lib/tasks/${file}`);
    const defines = Object.values(module).some(
      (each) => typeof each === "function" && ("taskName" in each || "actionName" in each),
    );
    if (defines) found.push(`./tasks/${file.replace(/\.ts$/, "")}`);
  }
  t.deepEqual(subpaths.map(([name]) => name).sort(), found.sort());
});
