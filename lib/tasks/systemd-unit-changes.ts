import { type Change, type Prediction, predict, unknowable, unknowableWhere } from "../engine/plan.ts";
import { isTemplate } from "../params/units.ts";
import { unitAsked, unitFileState, unitLoad, unitReloadDue, unitTraits } from "../reads/units.ts";
import { command } from "../shell/sh.ts";
import { predictAbsence } from "./remove-tree.ts";
import { daemonReload, reloadPredictions } from "./systemd-files.ts";
import { touchesTraits, traitsOf, type UnitText, unlinkedState, valuesOf } from "./unit-text.ts";

/** Where an administrator's units are, and the links of those that are enabled. */
export const INSTALL_DIRECTORY = "/etc/systemd/system";

/** A unit's text, and what of the host decides how systemd will take it; looked at only where it matters. */
export interface UnitNow {
  readonly unit: string;
  readonly dropIn: string | undefined;
  readonly text: UnitText;
  fileState(): string;
  /** Whether one of its [Install] section's links is there already. */
  isLinked(): boolean;
  hasDropIns(): boolean;
}

/** A unit that systemd can be asked about: of a template it knows instances only, and any stands for it. */
export function readable(unit: string): string {
  return isTemplate(unit) ? unit.replace("@.", "@hostwright.") : unit;
}

/** The links that enabling the unit makes. */
export function installLinks(unit: string, text: UnitText): readonly string[] {
  const inDirectory = (key: string, suffix: string) =>
    valuesOf(text, "Install", key).map((target) => `${INSTALL_DIRECTORY}/${target}.${suffix}/${unit}`);
  return [
    ...inDirectory("WantedBy", "wants"),
    ...inDirectory("RequiredBy", "requires"),
    ...inDirectory("UpheldBy", "upholds"),
    ...valuesOf(text, "Install", "Alias").map((alias) => `${INSTALL_DIRECTORY}/${alias}`),
  ];
}

/** A change of a unit's file, with the daemon-reload behind it. */
export function withReload(change: Change, now: UnitNow): Change {
  return {
    ...change,
    to: `${change.to}, known to systemd`,
    commands: [...change.commands, ...RELOAD],
    predicts: [...change.predicts, ...predictions(now)],
  };
}

/** The file is as demanded, and systemd has an older one. */
export function reloadAlone(now: UnitNow): Change {
  return { ...daemonReload(now.unit), predicts: predictions(now) };
}

export function removal(unit: string, path: string): Change {
  return {
    what: "file",
    from: "present",
    to: "absent, known to systemd",
    commands: [command(["rm", "-f", "--", path]), ...RELOAD],
    predicts: [
      ...predictAbsence(path),
      ...reloadPredictions(),
      ...(isTemplate(unit)
        ? [instancesUnknown(unit)]
        : [
            ...[unitLoad, unitFileState, unitTraits].map((side) => unknowable(side(unit))),
            predict(unitReloadDue(unit), false),
          ]),
    ],
  };
}

const RELOAD = [command(["systemctl", "daemon-reload"])];

function predictions(now: UnitNow): readonly Prediction[] {
  const { unit, text, dropIn } = now;
  if (isTemplate(unit)) return [...reloadPredictions(), instancesUnknown(unit)];
  const known = [...reloadPredictions(), predict(unitReloadDue(unit), false)];
  if (dropIn !== undefined) {
    // It may mend a unit that could not be loaded.
    const load = unknowableWhere((read, answer) => {
      const asked = unitAsked(read);
      return asked?.unit === unit && asked.aspect === "load" && answer !== "loaded" && answer !== "not-found";
    });
    return [...known, load, ...(touchesTraits(text) ? [unknowable(unitTraits(unit))] : [])];
  }
  const traits = now.hasDropIns() ? undefined : traitsOf(unit, text);
  return [
    ...known,
    predict(unitLoad(unit), "loaded"),
    traits ? predict(unitTraits(unit), traits) : unknowable(unitTraits(unit)),
    ...fileStatePrediction(now),
  ];
}

function fileStatePrediction({ unit, text, fileState, isLinked }: UnitNow): readonly Prediction[] {
  const found = fileState();
  if (found === "enabled" || found === "enabled-runtime") return [];
  const isUnlinked = ["disabled", "static", "indirect"].includes(found) || (found === "" && !isLinked());
  return [isUnlinked ? predict(unitFileState(unit), unlinkedState(text)) : unknowable(unitFileState(unit))];
}

/** What systemd makes of a template's instances, `getty@tty1.service` for `getty@.service`. */
function instancesUnknown(template: string): Prediction {
  const [prefix = "", suffix = ""] = template.split("@");
  return unknowableWhere((read) => {
    const asked = unitAsked(read);
    return asked?.unit.startsWith(`${prefix}@`) === true && asked.unit.endsWith(suffix);
  });
}
