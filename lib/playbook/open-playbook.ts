import { existsSync } from "node:fs";
import { basename, relative, resolve } from "node:path";
import { setFlagsFromString } from "node:v8";
import { z } from "zod";
import { loadInventory } from "../inventory/index.ts";
import { parseArguments } from "./arguments.ts";
import { ExitCode, refuse } from "./exit.ts";
import { helpText } from "./flags.ts";
import { HostVars } from "./host-vars.ts";
import { Playbook, type PlaybookOptions } from "./playbook.ts";

/**
 * Opens a playbook: reads its arguments, loads the inventory, and validates every host's variables. Mistakes end the
 * process with 3 and one message that lists them all; nothing was connected.
 *
 * @throws UsageError, InventoryError with `exit: false`
 * @example
 * await using site = await openPlaybook({ name: "site", vars: z.object({ vip: z.ipv4() }) });
 * await site.run([play("Say hello", "all", (host) => [motd({ text: host.name })])]);
 */
export async function openPlaybook<S extends z.ZodType = z.ZodRecord<z.ZodString, z.ZodUnknown>>(
  options: PlaybookOptions<S>,
): Promise<Playbook<z.output<S>>> {
  // Logins leave garbage faster than V8 sees a reason to collect it: 500 connections peaked at 280 MB, of which 55 were
  // alive, and at 170 with this. A run on a few hosts takes as long as without.
  setFlagsFromString("--optimize-for-size");
  const script = scriptOf(process.argv);
  try {
    const args = parseArguments(options.args ?? script.args);
    if (args.help) {
      process.stdout.write(helpText(script.name, options.description));
      process.exit(ExitCode.done);
    }
    const paths = args.inventory.length > 0 ? args.inventory : [options.inventory ?? "inventory/lab.yaml"];
    const inventory = loadInventory(paths, { extraVars: args.extraVars });
    const schema = (options.vars ?? z.record(z.string(), z.unknown())) as z.ZodType<z.output<S>>;
    return new Playbook(options, args, inventory, new HostVars(inventory, schema));
  } catch (error) {
    return refuse(error, options.exit ?? true);
  }
}

/**
 * The script and its arguments. zx imports the script, so that it stands behind zx's own flags in `process.argv`; run by
 * node it is the second word.
 */
function scriptOf(argv: readonly string[]): { readonly name: string; readonly args: readonly string[] } {
  const words = argv.slice(1);
  const zx = /^zx(-cli)?(\.[cm]?js)?$|^cli\.[cm]?js$/.test(basename(words[0] ?? ""));
  const at = zx ? words.findIndex((word, index) => index > 0 && /\.[cm]?[jt]s$/.test(word) && existsSync(word)) : 0;
  const script = words[at] ?? "playbook";
  return { name: relative(process.cwd(), resolve(script)), args: words.slice(at + 1) };
}
