import { z } from "zod";
import { blocked, type Change, pending } from "../engine/plan.ts";
import type { Read } from "../engine/read.ts";
import { defineTask } from "../engine/task.ts";
import { DropInName, UnitFileName } from "../params/units.ts";
import type { ContentState } from "../reads/file-content.ts";
import { type PathState, path as pathState } from "../reads/path.ts";
import { unitFileState, unitLoad, unitReloadDue } from "../reads/units.ts";
import { fileChanges, fileObstacle, fileReads } from "./install-file.ts";
import { newDirectory } from "./make-directory.ts";
import { INSTALL_DIRECTORY, installLinks, readable, reloadAlone, removal, withReload } from "./systemd-unit-changes.ts";
import { parseUnitText } from "./unit-text.ts";
import { verifyUnit } from "./verify-unit.ts";

const Common = {
  unit: UnitFileName,
  /** A drop-in of the unit instead of the unit's own file. */
  dropIn: DropInName.optional(),
};

const Present = z.strictObject({
  ...Common,
  /** The whole text. systemd shows it to every user: no secrets. */
  content: z.string().min(1),
});

const Absent = z.strictObject({ ...Common, absent: z.literal(true) });

type Params = z.output<typeof Present> | z.output<typeof Absent>;

/**
 * A unit file in /etc/systemd/system, or a drop-in of a unit, known to systemd: a daemon-reload follows where it is
 * due. Nothing is started, restarted or enabled; the task `systemd` does that.
 *
 * A new text is judged by `systemd-analyze verify` before it takes its place, and refused where systemd would refuse
 * the unit. What it would ignore (an unknown key) or not find (the program) is shown, and passes.
 *
 * A unit that is removed is to be stopped and disabled before. One that a package has as well is the package's then.
 *
 * @example
 * systemdUnit({ unit: "exporter.service", content: "[Service]\nExecStart=/usr/local/bin/exporter\n" });
 * systemdUnit({ unit: "kubelet.service", dropIn: "20-slice.conf", content: "[Service]\nSlice=kube.slice\n" });
 * systemdUnit({ unit: "exporter.service", absent: true });
 * @throws UsageError for parameters that are not valid
 * @see systemd.unit(5), systemd-analyze(1)
 */
export const systemdUnit = defineTask({
  name: "systemdUnit",
  params: z.union([Present, Absent]),
  subject: ({ unit, dropIn }) => (dropIn === undefined ? unit : `${unit} ${dropIn}`),
  reads: unitFileReads,
  plan(params, state) {
    const { unit, dropIn } = params;
    const path = unitPath(params);
    if (!("content" in params)) {
      if (state.self.type === "directory") return blocked(`${path} is a directory, not a file`);
      const gone = state.self.type === "absent";
      return pending(gone ? [] : [removal(unit, path)], "absent");
    }
    if (dropIn === undefined && state.self.type === "symlink" && state.load === "masked") {
      return blocked(`unit ${unit} is masked; unmask it first: systemd({ unit: "${unit}", masked: false })`);
    }
    const directory =
      dropIn !== undefined && state.parent.type === "absent" ? [newDirectory(dropInDirectory(unit))] : [];
    const parent: PathState = directory.length > 0 ? { type: "directory", ...OWNED, mode: "0755" } : state.parent;
    const obstacle = fileObstacle(path, { self: state.self, parent });
    if (obstacle) return blocked(obstacle);
    const wanted = { ...wantedFile(params, params.content), validate: verifyUnit(unit, dropIn) };
    const text = parseUnitText(params.content);
    const isLinked = () => installLinks(unit, text).some((link) => state[`link ${link}`]?.type !== "absent");
    const now = {
      unit,
      dropIn,
      text,
      fileState: () => state.fileState,
      isLinked,
      hasDropIns: () => state.dropIns.type !== "absent",
    };
    const changes = fileChanges(wanted, { self: state.self, content: state.content, parent });
    const isKnown = changes.every(({ diff }) => diff === undefined);
    return pending(
      [
        ...directory,
        ...changes.map((change): Change => (change.diff === undefined ? change : withReload(change, now))),
        ...(isKnown && state.reloadDue ? [reloadAlone(now)] : []),
      ],
      "as demanded, and known to systemd",
    );
  },
});

const OWNED = { owner: "root", group: "root" };

type UnitFileReads = {
  self: Read<PathState>;
  parent: Read<PathState>;
  content: Read<ContentState>;
  load: Read<string>;
  fileState: Read<string>;
  reloadDue: Read<boolean>;
  dropIns: Read<PathState>;
  [link: `link ${string}`]: Read<PathState>;
};

function unitFileReads(params: Params): UnitFileReads {
  const content = "content" in params ? params.content : "";
  const unit = readable(params.unit);
  const reads: UnitFileReads = {
    ...fileReads(wantedFile(params, content)),
    load: unitLoad(unit),
    fileState: unitFileState(unit),
    reloadDue: unitReloadDue(unit),
    dropIns: pathState(dropInDirectory(params.unit).path),
  };
  if (params.dropIn !== undefined) return reads;
  for (const link of installLinks(params.unit, parseUnitText(content))) reads[`link ${link}`] = pathState(link);
  return reads;
}

function wantedFile(params: Params, content: string) {
  return { path: unitPath(params), bytes: Buffer.from(content), secret: false, mode: "0644", ...OWNED };
}

function unitPath({ unit, dropIn }: Params): string {
  return dropIn === undefined ? `${INSTALL_DIRECTORY}/${unit}` : `${dropInDirectory(unit).path}/${dropIn}`;
}

function dropInDirectory(unit: string) {
  return { path: `${INSTALL_DIRECTORY}/${unit}.d`, mode: "0755", ...OWNED };
}
