import { posix } from "node:path";
import { z } from "zod";
import { blocked, type Change, type Plan, pending, predict, unknowable, unknowableWhere } from "../engine/plan.ts";
import { defineTask } from "../engine/task.ts";
import { AbsolutePath } from "../params/files.ts";
import { ModuleName } from "../params/kernel.ts";
import { isConfFile } from "../reads/conf-files.ts";
import { type KernelModuleState, kernelModule as moduleState } from "../reads/kernel-module.ts";
import { path as pathState } from "../reads/path.ts";
import { command, type Sh } from "../shell/sh.ts";
import { keepLine, parentObstacle, textTouched } from "./kept-line.ts";

const Params = z.strictObject({
  name: ModuleName,
  /** Where its line is kept for the next boot. Several modules share the file. */
  file: AbsolutePath.refine(
    (path) => isConfFile(path, "modules-load.d"),
    "has to be a file such as /etc/modules-load.d/k8s.conf: others are not read at boot",
  ).default("/etc/modules-load.d/hostwright.conf"),
  /** Unload it instead, and do not load it at boot. */
  absent: z.literal(true).optional(),
});

/**
 * A kernel module that is loaded, now and at each boot; or neither.
 *
 * One that is built into the kernel is there already and still gets its line, since the next kernel may have it as a
 * module. A line for it in any file of modules-load.d will do. A kernel without the module blocks the task: often one
 * that was upgraded, its modules gone, and is to be replaced by a reboot. Names are those of modules, not aliases.
 *
 * @example
 * kernelModule({ name: "br_netfilter" });
 * kernelModule({ name: "pcspkr", absent: true });
 * @throws UsageError for parameters that are not valid
 * @see modules-load.d(5), modprobe(8)
 */
export const kernelModule = defineTask({
  name: "kernelModule",
  params: Params,
  subject: ({ name }) => name,
  reads: ({ name, file }) => ({ state: moduleState(name), parent: pathState(posix.dirname(file)) }),
  plan(params, { state, parent }) {
    if (params.absent) return removal(params, state);
    const { name, file } = params;
    const { now, boot } = state;
    if (now.kind === "missing") return blocked(`the running kernel ${now.kernel} has no module ${name}`);
    const changes: Change[] = [];
    const loaded = now.kind === "available" ? ({ kind: "loaded" } as const) : now;
    if (now.kind === "available") {
      const along = now.needs;
      changes.push({
        what: "module",
        from: "not loaded",
        to: "loaded",
        commands: [command(["modprobe", name])],
        predicts: [
          predict(moduleState(name), { now: loaded, boot }),
          // It brings its own kernel parameters, and the modules that it needs.
          unknowableWhere((read, answer) => read.kind.name === "sysctl" && answer === undefined),
          unknowableWhere((read) => read.kind.name === "kernel-module" && along.includes(read.key)),
        ],
      });
    }
    if (boot.length === 0) {
      const obstacle = parentObstacle(file, parent.type);
      if (obstacle) return blocked(obstacle);
      changes.push({
        what: "at boot",
        from: "not loaded",
        to: `loaded by ${file}`,
        commands: [keep(file, name, name)],
        predicts: [predict(moduleState(name), { now: loaded, boot: [file] }), ...textTouched(file)],
      });
    }
    return pending(changes, `${now.kind}, and loaded at boot by ${boot.join(", ")}`);
  },
});

function removal({ name, file }: z.output<typeof Params>, { now, boot }: KernelModuleState): Plan {
  if (now.kind === "built in") return blocked(`${name} is built into the kernel and cannot be unloaded`);
  const others = boot.filter((path) => path !== file);
  if (others.length > 0) return blocked(`${others.join(", ")} loads ${name} at boot; take it out there`);
  const changes: Change[] = [];
  if (now.kind === "loaded") {
    changes.push({
      what: "module",
      from: "loaded",
      to: "not loaded",
      commands: [command(["modprobe", "-r", name])],
      // Those that only it needed go with it, as do its kernel parameters.
      predicts: [unknowableWhere((read) => read.kind.name === "kernel-module" || read.kind.name === "sysctl")],
    });
  }
  if (boot.length > 0) {
    changes.push({
      what: "at boot",
      from: `loaded by ${file}`,
      to: "not loaded",
      commands: [keep(file, name, undefined)],
      predicts: [
        now.kind === "loaded" ? unknowable(moduleState(name)) : predict(moduleState(name), { now, boot: [] }),
        ...textTouched(file),
      ],
    });
  }
  return pending(changes, "not loaded, now and at boot");
}

const header = "# Kernel modules that Hostwright has loaded at boot, a line each; other lines are left alone.\n";

function keep(file: string, name: string, line: string | undefined): Sh {
  const mine = `function hw_name(line) { gsub(/[ \\t\\r]/, "", line); gsub(/-/, "_", line); return line }
hw_name($0) == ENVIRON["hw_key"]`;
  return keepLine({ path: file, header }, mine, line, { hw_key: name });
}
