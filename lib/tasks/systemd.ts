import { z } from "zod";
import { blocked, type Change, type Plan, pending } from "../engine/plan.ts";
import type { Read } from "../engine/read.ts";
import { defineTask } from "../engine/task.ts";
import { AbsolutePath } from "../params/files.ts";
import { UnitName } from "../params/units.ts";
import { fileDigest } from "../reads/file-content.ts";
import { type TakenFile, takenFile } from "../reads/taken-file.ts";
import { unitActive, unitFileState, unitLoad, unitReloadDue, unitTraits } from "../reads/units.ts";
import { BEHIND_MASK, daemonReload, disable, enable, enableObstacle, mask, unmask } from "./systemd-files.ts";
import { type OwedFile, reload, restart, start, stop } from "./systemd-run.ts";

const Params = z
  .strictObject({
    unit: UnitName,
    /** Left as it is unless told; `failed` is stopped as well. */
    state: z.enum(["started", "stopped"]).optional(),
    /** Whether it is started at boot; left as it is unless told. */
    enabled: z.boolean().optional(),
    /** A masked unit cannot be started by anything; left as it is unless told. */
    masked: z.boolean().optional(),
    /** Files that the unit reads when it starts: it is restarted when what it took of them is not what they are. */
    restartAfter: z.array(AbsolutePath).default([]),
    /** Files that the unit reads again when it is reloaded. */
    reloadAfter: z.array(AbsolutePath).default([]),
    /** After a start, how long it has to stay up, where systemd cannot tell when it is ready (Type=simple and such). */
    holdMs: z.int().min(0).default(500),
    /** After a start, how long this may take, restarts by systemd itself included. */
    settleMs: z.int().min(0).default(30_000),
  })
  .refine(({ masked, state, enabled }) => !(masked && (state === "started" || enabled)), {
    error: "a masked unit can be neither started nor enabled",
  })
  .refine(({ restartAfter, reloadAfter }) => !restartAfter.some((path) => reloadAfter.includes(path)), {
    error: "a file stands in restartAfter and in reloadAfter",
    path: ["reloadAfter"],
  });

/**
 * A unit of systemd: whether it runs, whether it is started at boot, and whether it runs with the files as they are.
 *
 * - What a unit took of its files is recorded on the host with each start, restart and reload, by digest. A run that
 *   dies between the file and the restart is completed by the next one; a file that is only touched restarts nothing.
 *   Where something else has started the unit, the time of the file's last change against that of the start decides.
 * - A unit that does not run is owed nothing. Where a restart and a reload are both owed, the restart does for both.
 * - daemon-reload comes first where systemd has an older version of the unit's files.
 * - A start that fails shows the last lines of the unit's journal. A unit that failed before starts with a clean slate.
 * - A unit that does not exist is fine where it should be stopped, disabled or unmasked.
 * - A service stays stopped only as long as nothing starts it: stop, or mask, its socket or timer as well.
 *
 * @example
 * systemd({ unit: "haproxy.service", state: "started", enabled: true, restartAfter: ["/etc/haproxy/haproxy.cfg"] });
 * systemd({ unit: "apt-daily.timer", state: "stopped", masked: true });
 * @throws UsageError for parameters that are not valid
 * @see systemctl(1), systemd.unit(5)
 */
export const systemd = defineTask({
  name: "systemd",
  params: Params,
  subject: ({ unit }) => unit,
  reads: systemdReads,
  plan(params, state): Plan {
    const { unit, masked } = params;
    const run = params.state;
    const { load } = state;
    if (load === "no systemd") return blocked("systemd: it does not run on this host");
    const wantsUnit = run === "started" || params.enabled === true;
    const demandsNothing = run === undefined && params.enabled === undefined && masked === undefined;
    if (load === "not-found" && (wantsUnit || demandsNothing)) return blocked(`unit ${unit} does not exist`);
    const isMasked = load === "masked";
    if (isMasked && wantsUnit && masked !== false) {
      return blocked(`unit ${unit} is masked; demand masked: false as well`);
    }
    const reloadDue = state.reloadDue;
    if (run === "started" && !["loaded", "masked"].includes(load) && !reloadDue) {
      return blocked(`unit ${unit} cannot be loaded (${load}); "systemctl status ${unit}" tells why`);
    }
    const isFreed = isMasked && masked === false;
    const changes: Change[] = [];
    if (isFreed) changes.push(unmask(unit, state.fileState, run === "started"));
    if (reloadDue) changes.push(daemonReload(unit));
    if (params.enabled !== undefined) {
      const fileState = isFreed ? BEHIND_MASK : state.fileState;
      const obstacle = enableObstacle(unit, fileState, params.enabled);
      if (obstacle) return blocked(obstacle);
      changes.push(...(params.enabled ? enable(unit, fileState) : disable(unit, fileState)));
    }
    const next = running(params, state);
    if (typeof next === "string") return blocked(next);
    changes.push(...next);
    if (masked && !(isMasked && state.fileState === "masked")) changes.push(mask(unit, state.fileState));
    return pending(changes, reasonOf(params, load));
  },
});

type SystemdReads = {
  load: Read<string>;
  active: Read<string>;
  fileState: ReturnType<typeof unitFileState>;
  reloadDue: ReturnType<typeof unitReloadDue>;
  traits: ReturnType<typeof unitTraits>;
  [taken: `taken ${string}`]: Read<TakenFile>;
  [digest: `digest ${string}`]: Read<string | undefined>;
};

type State = { readonly [K in keyof SystemdReads]: SystemdReads[K] extends Read<infer T> ? T : never };

function systemdReads({ unit, restartAfter, reloadAfter }: z.output<typeof Params>): SystemdReads {
  const reads: SystemdReads = {
    load: unitLoad(unit),
    active: unitActive(unit),
    fileState: unitFileState(unit),
    reloadDue: unitReloadDue(unit),
    traits: unitTraits(unit),
  };
  for (const path of [...restartAfter, ...reloadAfter]) {
    reads[`taken ${path}`] = takenFile(unit, path);
    reads[`digest ${path}`] = fileDigest(path);
  }
  return reads;
}

/** What has to be done for the unit to run as it should, or why it cannot. */
function running(params: z.output<typeof Params>, state: State): readonly Change[] | string {
  const { unit } = params;
  const { active } = state;
  const isUp = ["active", "reloading", "refreshing"].includes(active);
  const isDown = active === "inactive" || active === "failed";
  if (params.state === "stopped") return isDown ? [] : [stop(unit, active)];
  const files = [...params.restartAfter, ...params.reloadAfter].map((path): OwedFile => {
    return { path, digest: state[`digest ${path}`] };
  });
  if (isDown && params.state === undefined) return [];
  if (!isUp && params.state === "started" && !state.traits.stays) {
    return `unit ${unit} is a oneshot that is inactive when its work is done, so it can never be found started; give it RemainAfterExit=yes, or demand its timer`;
  }
  if (isDown) return [start(params, active, files)];
  const isOwed = (path: string) => {
    const taken = state[`taken ${path}`];
    if (taken?.kind === "changed since") return true;
    return taken?.kind === "took" && taken.digest !== state[`digest ${path}`];
  };
  const forRestart = params.restartAfter.filter(isOwed);
  if (forRestart.length > 0) return [restart(params, forRestart, files)];
  if (!isUp && params.state === "started") return [start(params, active, files)];
  const forReload = params.reloadAfter.filter(isOwed);
  if (forReload.length === 0) return [];
  if (state.traits.reloads) return [reload(params, forReload, files)];
  return `unit ${unit} cannot be reloaded: it has no ExecReload=; put ${forReload.join(", ")} into restartAfter`;
}

function reasonOf({ state, enabled, masked }: z.output<typeof Params>, load: string): string {
  if (load === "not-found") return "does not exist";
  const words = [
    state,
    enabled === undefined ? undefined : enabled ? "enabled" : "disabled",
    masked ? "masked" : undefined,
  ];
  return words.filter((word) => word !== undefined).join(", ") || "runs with its files as they are";
}
