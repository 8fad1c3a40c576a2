import { InventoryError } from "../errors.ts";

/** Where something was written. `line` and `column` count from 1; they are absent for what stands in no file. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** One mistake in an inventory: everything that its lines in the message are made of. */
export interface Mistake {
  readonly place: Place;
  /** The hosts that it concerns, if it concerns hosts. */
  readonly hosts?: readonly string[];
  /** What is wrong with what, found and expected: one line. */
  readonly problem: string;
  /** What to do about it, where that is known: one line. */
  readonly remedy?: string | undefined;
}

const SHOWN = 200;

/**
 * Throws all mistakes as one error, in the order of their places, each on lines of its own.
 *
 * @throws InventoryError unless there are no mistakes
 */
export function throwMistakes(mistakes: readonly Mistake[]): void {
  if (mistakes.length === 0) return;
  const distinct = inOrder(joined(mistakes));
  const lines = distinct.slice(0, SHOWN).map(formatMistake);
  if (distinct.length > SHOWN) lines.push(`… and ${distinct.length - SHOWN} more`);
  const count = distinct.length === 1 ? "a mistake" : `${distinct.length} mistakes`;
  throw new InventoryError(`The inventory has ${count}:\n${lines.join("\n")}`);
}

/** `inventory/lab.yaml:12:7  host cp-2  variable api_port: found "64x43", expected number`, the remedy below it. */
export function formatMistake({ place, hosts, problem, remedy }: Mistake): string {
  const parts = [formatPlace(place), ...(hosts?.length ? [nameHosts(hosts)] : []), problem];
  return parts.join("  ") + (remedy === undefined ? "" : `\n    ${remedy}`);
}

/** `file:line:column`, as editors and terminals understand it. */
export function formatPlace({ file, line, column }: Place): string {
  return [file, line, column].filter((part) => part !== undefined).join(":");
}

function nameHosts(hosts: readonly string[]): string {
  if (hosts.length === 1) return `host ${hosts[0]}`;
  return `${hosts.length} hosts: ${hosts.slice(0, 3).join(", ")}${hosts.length > 3 ? ", …" : ""}`;
}

/** The same mistake at the same place on several hosts (a group's variable, an anchor) is one. */
function joined(mistakes: readonly Mistake[]): Mistake[] {
  const byText = new Map<string, { mistake: Mistake; hosts: Set<string> }>();
  for (const mistake of mistakes) {
    const text = `${formatPlace(mistake.place)}\n${mistake.problem}\n${mistake.remedy ?? ""}`;
    const same = byText.get(text);
    if (!same) byText.set(text, { mistake, hosts: new Set(mistake.hosts) });
    else for (const host of mistake.hosts ?? []) same.hosts.add(host);
  }
  return [...byText.values()].map(({ mistake, hosts }) => ({ ...mistake, hosts: [...hosts] }));
}

function inOrder(mistakes: readonly Mistake[]): Mistake[] {
  const files = [...new Set(mistakes.map(({ place }) => place.file))];
  const rank = new Map(files.map((file, index) => [file, index]));
  return mistakes.toSorted(
    ({ place: a }, { place: b }) =>
      (rank.get(a.file) ?? 0) - (rank.get(b.file) ?? 0) ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0),
  );
}
