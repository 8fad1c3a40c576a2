import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Lab } from "../../test/lab/lab.ts";
import { writeFiles } from "./files.ts";
import { writeInventory } from "./inventory.ts";
import { timedRun } from "./process.ts";
import { ofEvents, ofScript, type Stage, type StageTimes } from "./stages.ts";

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** What a run on hosts that are a cluster already is called, and how long it took. */
export interface Again {
  readonly name: string;
  readonly seconds: number;
}

export interface PreparedCluster {
  /** From fresh hosts to the smoke test; with `last`, no further than the end of that stage. */
  first(last?: Stage): Promise<{ readonly seconds: number; readonly stages: StageTimes }>;
  /** What can be run on the cluster afterwards. */
  again(): Promise<readonly Again[]>;
}

export interface ClusterRunner {
  readonly name: string;
  /** Its hosts. */
  readonly lab: string;
  /** Writes its files. Not timed. */
  prepare(lab: Lab, folder: string): Promise<PreparedCluster>;
}

/** As the README says: `zx playbooks/site.mts`, its events as lines. */
export const hostwright: ClusterRunner = {
  name: "Hostwright",
  lab: "benchours",
  async prepare(lab, folder) {
    const inventory = join(folder, "inventory.yaml");
    await writeInventory(lab, inventory);
    const command = [at("node_modules/.bin/zx"), at("playbooks/site.mts"), "-i", inventory, "--json"] as const;
    return {
      async first() {
        const { ms, stages } = await timedRun(command, ofEvents);
        return { seconds: ms / 1000, stages };
      },
      async again() {
        const second = await timedRun(command, ofEvents);
        const changed = changesIn(second.lines.at(-1) ?? "{}");
        if (changed !== 0) throw new Error(`the second run of Hostwright changed ${changed}, has to be 0`);
        const check = await timedRun([...command, "--check"], ofEvents);
        return [
          { name: "again, nothing to change", seconds: second.ms / 1000 },
          { name: "again, `--check`", seconds: check.ms / 1000 },
        ];
      },
    };
  },
};

/** The recap is the last line. */
function changesIn(recap: string): number {
  const { hosts = {} }: { hosts?: Readonly<Record<string, { readonly changed: number }>> } = JSON.parse(recap);
  return Object.values(hosts).reduce((sum, { changed }) => sum + changed, 0);
}

/** The same by `plain.sh`. */
export const script: ClusterRunner = {
  name: "script",
  lab: "benchshell",
  async prepare(lab, parent) {
    const folder = join(parent, "plain");
    await mkdir(folder);
    await writeFiles(lab, await writeInventory(lab, join(parent, "inventory.yaml")), folder);
    const command = [at("bench/cluster/plain.sh"), folder] as const;
    return {
      async first(last) {
        const { ms, stages } = await timedRun([...command, ...(last === undefined ? [] : [last])], ofScript);
        return { seconds: ms / 1000, stages };
      },
      async again() {
        const { ms } = await timedRun(command, ofScript);
        return [{ name: "again, with its smoke test", seconds: ms / 1000 }];
      },
    };
  },
};
