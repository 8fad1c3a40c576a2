import { type Demand, type DemandOf, renderText } from "./workload.ts";

/**
 * The tasks that a list of demands needs, as functions: the playbook of the benchmark brings those of the package, a
 * test those of the source.
 */
export interface TaskKit<T> {
  apt(params: { packages: [string, ...string[]] }): T;
  directory(params: Attributes): T;
  file(params: Attributes & { content: string }): T;
  template(params: Attributes & { text: string }): T;
  symlink(params: { path: string; target: string }): T;
  sysctl(params: { key: string; value: string; file: string }): T;
  group(params: { name: string; gid: number }): T;
  user(params: { name: string; uid: number; group: string; home: string; shell: string }): T;
  hostsEntry(params: { address: string; names: [string] }): T;
  systemd(params: { unit: string; state: "started"; enabled: true; restartAfter?: string[] }): T;
}

interface Attributes {
  path: string;
  mode: string;
  owner: string;
  group: string;
}

/** Demands as Hostwright's tasks, one each. */
export function tasksOf<T>(demands: readonly Demand[], node: string, kit: TaskKit<T>): readonly T[] {
  return demands.map((demand) => taskOf(demand, node, kit));
}

function taskOf<T>(demand: Demand, node: string, kit: TaskKit<T>): T {
  switch (demand.kind) {
    case "packages":
      return kit.apt({ packages: [...demand.names] });
    case "directory":
      return kit.directory(attributesOf(demand));
    case "file":
      return kit.file({ ...attributesOf(demand), content: demand.content });
    case "template":
      return kit.template({ ...attributesOf(demand), text: renderText(demand.text, node) });
    case "symlink":
      return kit.symlink({ path: demand.path, target: demand.target });
    case "sysctl":
      return kit.sysctl({ key: demand.key, value: demand.value, file: demand.file });
    case "group":
      return kit.group({ name: demand.name, gid: demand.gid });
    case "user":
      return kit.user({
        name: demand.name,
        uid: demand.uid,
        group: demand.group,
        home: `/home/${demand.name}`,
        shell: "/bin/bash",
      });
    case "hostsEntry":
      return kit.hostsEntry({ address: demand.address, names: [demand.name] });
    case "service":
      return kit.systemd({
        unit: demand.unit,
        state: "started",
        enabled: true,
        ...(demand.restartAfter.length > 0 && { restartAfter: [...demand.restartAfter] }),
      });
  }
}

function attributesOf({ path, mode, owner, group }: DemandOf<"file" | "template" | "directory">): Attributes {
  return { path, mode, owner, group };
}
