import type { Node, Scalar } from "yaml";
import type { Mistake, Place } from "./mistakes.ts";
import type { Source } from "./yaml.ts";

/** A variable as it was written: its value, and where it stands in a file. */
export interface Variable {
  readonly name: string;
  readonly value: unknown;
  /** Absent for what came from the command line. */
  readonly written?: { readonly source: Source; readonly key: Scalar; readonly node: Node | null };
}

export type Variables = ReadonlyMap<string, Variable>;

/** A group as the inventory's files make it, before anything is implied or merged. */
export interface GroupDraft {
  readonly name: string;
  readonly place: Place;
  readonly hosts: Set<string>;
  /** Names of children with the place of each name. */
  readonly children: Map<string, Place>;
  readonly vars: Map<string, Variable>;
  /** `ansible_group_priority` */
  priority: number;
}

export interface HostDraft {
  readonly name: string;
  readonly place: Place;
  /** The groups that list it. */
  readonly groups: Set<string>;
  readonly vars: Map<string, Variable>;
}

/** What the files of an inventory say, all of them together, and the mistakes that were met on the way. */
export interface Draft {
  readonly groups: Map<string, GroupDraft>;
  readonly hosts: Map<string, HostDraft>;
  readonly mistakes: Mistake[];
}

/** A draft with the two groups that every inventory has. */
export function newDraft(file: string): Draft {
  const draft: Draft = { groups: new Map(), hosts: new Map(), mistakes: [] };
  addGroup(draft, "all", { file });
  addGroup(draft, "ungrouped", { file });
  return draft;
}

export function addGroup(draft: Draft, name: string, place: Place): GroupDraft {
  const known = draft.groups.get(name);
  if (known) return known;
  const group: GroupDraft = { name, place, hosts: new Set(), children: new Map(), vars: new Map(), priority: 1 };
  draft.groups.set(name, group);
  return group;
}

export function addHost(draft: Draft, name: string, place: Place, group: GroupDraft): HostDraft {
  let host = draft.hosts.get(name);
  if (!host) {
    host = { name, place, groups: new Set(), vars: new Map() };
    draft.hosts.set(name, host);
  }
  host.groups.add(group.name);
  group.hosts.add(name);
  return host;
}
