import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Workload } from "../workload.ts";

/** Writes a workload's files and templates beside the playbook: `files/etc/…` and `templates/etc/…`. */
export async function writeSources(folder: string, { demands }: Workload): Promise<void> {
  for (const demand of demands) {
    if (demand.kind !== "file" && demand.kind !== "template") continue;
    const target = join(folder, demand.kind === "file" ? "files" : "templates", demand.path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, demand.kind === "file" ? demand.content : demand.text);
  }
}
