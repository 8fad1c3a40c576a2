/**
 * The front door: what a playbook, a role or another repository imports. Tasks and roles have their own subpaths
 * (`hostwright/tasks/file`, `hostwright/roles/base`).
 */
export { type Action, type ActionContext, defineAction } from "./engine/action.ts";
export type { TaskResult } from "./engine/entry.ts";
export type { HostCounts, HostStatus, RunEvent, TaskStatus } from "./engine/events.ts";
export { type HostFacts, hostFacts } from "./engine/facts.ts";
export type { ActAnswer, ConvergeAnswer, Host, ReadAnswer } from "./engine/host.ts";
export {
  blocked,
  type Change,
  converged,
  type Plan,
  type Prediction,
  pending,
  predict,
  type Settle,
  type TextDiff,
  unknowable,
  unknowableBy,
  unknowableWhere,
} from "./engine/plan.ts";
export { defineRead, type Read, type ReadKind, splitLines } from "./engine/read.ts";
export { type AsyncRole, defineRole, type ListRole, type Role, type RoleType } from "./engine/role.ts";
export { defineTask, type Task, type TaskType } from "./engine/task.ts";
export {
  CommandError,
  ConnectionError,
  type ErrorKind,
  HostwrightError,
  InventoryError,
  PrivilegeError,
  TaskError,
  TimeoutError,
  UsageError,
} from "./errors.ts";
export { type Inventory, type InventoryHost, loadInventory, validateVars } from "./inventory/index.ts";
export { ExitCode } from "./playbook/exit.ts";
export { openPlaybook } from "./playbook/open-playbook.ts";
export { type Play, type PlayHost, type PlayOptions, play } from "./playbook/play.ts";
export type { Playbook, PlaybookOptions, RunResult } from "./playbook/playbook.ts";
export type { HostResult } from "./playbook/run-host.ts";
export { MASK, Secret, SecretString, SecretText, secretText } from "./secrets/secret.ts";
export { type Argument, command, content, joinSh, rawSh, type Sh, sh } from "./shell/sh.ts";
