import type { UnitTraits } from "../reads/units.ts";

/** Assignments of a unit's text in their order, as `Section.Key` and value. */
export type UnitText = readonly (readonly [key: string, value: string])[];

/**
 * Reads the text of a unit or a drop-in: sections, assignments, comments, lines that go on after a backslash.
 *
 * @see systemd.syntax(7)
 */
export function parseUnitText(text: string): UnitText {
  const assignments: [string, string][] = [];
  let section = "";
  for (const line of joinContinued(text)) {
    const header = /^\[(.+)\]$/.exec(line);
    if (header) section = header[1] ?? "";
    const equals = line.indexOf("=");
    if (header || equals < 0) continue;
    assignments.push([`${section}.${line.slice(0, equals).trim()}`, line.slice(equals + 1).trim()]);
  }
  return assignments;
}

/** Comments among the lines of a continued one are dropped, as systemd does. */
function joinContinued(text: string): readonly string[] {
  const lines: string[] = [];
  let open = "";
  for (const line of text.split("\n").map((each) => each.trim())) {
    if (/^[#;]/.test(line)) continue;
    if (line.endsWith("\\")) {
      open += `${line.slice(0, -1)} `;
      continue;
    }
    lines.push((open + line).trim());
    open = "";
  }
  return open === "" ? lines : [...lines, open.trim()];
}

/** The words assigned to a key that takes a list; an empty assignment starts it anew. */
export function valuesOf(text: UnitText, section: string, key: string): readonly string[] {
  return valuesAssigned(text, `${section}.${key}`).flatMap((value) => value.split(/\s+/));
}

function valuesAssigned(text: UnitText, key: string): readonly string[] {
  const values = text.filter(([name]) => name === key).map(([, value]) => value);
  return values.slice(values.lastIndexOf("") + 1);
}

/**
 * What systemd makes of a unit with this file and no drop-ins; `undefined` where it depends on more than the file.
 *
 * @see systemd.service(5), Type=
 */
export function traitsOf(unit: string, text: UnitText): UnitTraits | undefined {
  if (/\.(timer|socket|path|target|slice)$/.test(unit)) return { stays: true, reloads: false };
  if (!unit.endsWith(".service")) return undefined;
  const has = (key: string) => valuesAssigned(text, `Service.${key}`).length > 0;
  const type = valuesAssigned(text, "Service.Type").at(-1) ?? (has("ExecStart") ? "simple" : "oneshot");
  const remains = /^(1|y|yes|t|true|on)$/i.test(valuesAssigned(text, "Service.RemainAfterExit").at(-1) ?? "");
  return { stays: type !== "oneshot" || remains, reloads: type === "notify-reload" || has("ExecReload") };
}

/** Whether a drop-in may make something else of a unit than {@link traitsOf} its file. */
export function touchesTraits(text: UnitText): boolean {
  return text.some(([key]) => /^Service\.(Type|RemainAfterExit|ExecStart|ExecReload)$/.test(key));
}

/** The state of a unit's file that no link leads to. */
export function unlinkedState(text: UnitText): "disabled" | "indirect" | "static" {
  const has = (key: string) => valuesOf(text, "Install", key).length > 0;
  if (["WantedBy", "RequiredBy", "UpheldBy", "Alias"].some(has)) return "disabled";
  return has("Also") ? "indirect" : "static";
}
