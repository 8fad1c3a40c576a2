import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { run } from "./command.ts";
import { cacheDir } from "./paths.ts";

/** What roles ask for and what shows that a kernel without module files has it built in. */
const evidence: Readonly<Record<string, string>> = {
  br_netfilter: "/proc/sys/net/bridge",
  nf_conntrack: "/proc/sys/net/netfilter/nf_conntrack_max",
  ip_tables: "/proc/net/ip_tables_names",
};

/**
 * The directory that hosts see as /lib/modules: the machine's own. Where the kernel has everything built in and came
 * without one, `modprobe overlay` would fail: then one that names what is built in, which modprobe answers with 0.
 */
export async function modulesDirectory(): Promise<string> {
  if (existsSync(join("/lib/modules", release()))) return "/lib/modules";
  const base = join(cacheDir, "modules", release());
  const dir = join(base, "lib/modules");
  const target = join(dir, release());
  if (existsSync(join(target, "modules.builtin.bin"))) return dir;
  mkdirSync(target, { recursive: true });
  const names = new Set(readdirSync("/sys/module"));
  for (const [name, path] of Object.entries(evidence)) if (existsSync(path)) names.add(name);
  if (/\toverlay$/m.test(readFileSync("/proc/filesystems", "utf8"))) names.add("overlay");
  const lines = [...names].toSorted().map((name) => `kernel/builtin/${name}.ko\n`);
  writeFileSync(join(target, "modules.builtin"), lines.join(""));
  writeFileSync(join(target, "modules.order"), "");
  await run("depmod", ["-b", base, release()]);
  return dir;
}
