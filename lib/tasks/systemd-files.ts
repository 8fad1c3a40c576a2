import { type Change, type Prediction, predict, unknowable, unknowableWhere } from "../engine/plan.ts";
import { unitAsked, unitFileState, unitLoad, unitReloadDue, unitTraits } from "../reads/units.ts";
import { command } from "../shell/sh.ts";

/** What a mask hides is known when it is gone. */
export const BEHIND_MASK = "hidden by its mask";

/** After a daemon-reload, of all units: what others had due is no longer. */
export function reloadPredictions(): readonly Prediction[] {
  return [unknowableWhere((read, answer) => unitAsked(read)?.aspect === "reload-due" && answer === true)];
}

export function daemonReload(unit: string): Change {
  return {
    what: "daemon-reload",
    from: "due",
    to: "done",
    commands: [command(["systemctl", "daemon-reload"])],
    predicts: [
      ...reloadPredictions(),
      unknowable(unitLoad(unit)),
      unknowable(unitTraits(unit)),
      predict(unitReloadDue(unit), false),
    ],
  };
}

/** Why a unit can be neither enabled nor disabled. */
export function enableObstacle(unit: string, fileState: string, enabled: boolean): string | undefined {
  if (fileState === "alias") return `${unit} is another name of a unit: demand that one`;
  if (fileState === "generated") {
    return `${unit} is generated at boot from something else (fstab, an init script) and can only be masked`;
  }
  if (!enabled) return undefined;
  if (fileState === "static" || fileState === "indirect") {
    const why = fileState === "static" ? "no [Install] section" : "nothing but Also= in its [Install] section";
    return `${unit} cannot be enabled: it has ${why}, and is started by other units; leave out enabled`;
  }
  if (fileState === "transient" || fileState === "bad") return `${unit} cannot be enabled: it is ${fileState}`;
  return undefined;
}

export function enable(unit: string, fileState: string): readonly Change[] {
  if (fileState === "enabled") return [];
  return [
    {
      what: "enabled",
      from: fileState,
      to: "enabled",
      commands: [command(["systemctl", "-q", "enable", "--", unit])],
      predicts: [...reloadPredictions(), predict(unitReloadDue(unit), false), predict(unitFileState(unit), "enabled")],
    },
  ];
}

/** What else would start a unit at boot is none of its own: a static one counts as disabled. */
export function disable(unit: string, fileState: string): readonly Change[] {
  if (!["enabled", "enabled-runtime", "linked", "linked-runtime", BEHIND_MASK].includes(fileState)) return [];
  const flags = fileState.endsWith("-runtime") ? ["--runtime"] : [];
  const isLinked = fileState.startsWith("linked");
  return [
    {
      what: "enabled",
      from: fileState,
      to: "disabled",
      commands: [command(["systemctl", "-q", "disable", ...flags, "--", unit])],
      predicts: [
        ...reloadPredictions(),
        predict(unitReloadDue(unit), false),
        // Without its links it may prove to be static.
        unknowable(unitFileState(unit)),
        ...(isLinked ? [unknowable(unitLoad(unit)), unknowable(unitTraits(unit))] : []),
      ],
    },
  ];
}

export function mask(unit: string, fileState: string): Change {
  return {
    what: "mask",
    from: fileState === "masked-runtime" ? "until the next boot" : "not masked",
    to: "masked",
    commands: [command(["systemctl", "-q", "mask", "--", unit])],
    predicts: [
      ...reloadPredictions(),
      predict(unitReloadDue(unit), false),
      predict(unitLoad(unit), "masked"),
      predict(unitFileState(unit), "masked"),
      unknowable(unitTraits(unit)),
    ],
  };
}

/** @param isNeeded it is demanded to run, so that what is behind the mask has to be a unit */
export function unmask(unit: string, fileState: string, isNeeded: boolean): Change {
  const flags = fileState === "masked-runtime" ? ["--runtime"] : [];
  return {
    what: "mask",
    from: "masked",
    to: "not masked",
    commands: [command(["systemctl", "-q", "unmask", ...flags, "--", unit])],
    predicts: [
      ...reloadPredictions(),
      predict(unitReloadDue(unit), false),
      isNeeded ? predict(unitLoad(unit), "loaded") : unknowable(unitLoad(unit)),
      unknowable(unitFileState(unit)),
      unknowable(unitTraits(unit)),
    ],
  };
}
