import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { LabError } from "./command.ts";
import { hostAddress, networkOf } from "./network.ts";
import { labPaths, stateDir } from "./paths.ts";
import { readIfThere } from "./process.ts";

/** A lab as it is written down in lab.json. */
export interface LabState {
  readonly name: string;
  /** Which network it has: 10.88.INDEX.0/24. */
  readonly index: number;
  /** How hosts stand on the cached root: laid over it, or a copy where the file system refuses that. */
  readonly disk: "overlay" | "copy";
  /** The package cache that its hosts ask. */
  readonly aptProxy: string;
  readonly hosts: readonly HostState[];
}

export interface HostState {
  readonly name: string;
  /** 1 and up: the address and the name of the container follow from it. */
  readonly number: number;
  /** The cached root under its disk. */
  readonly root: string;
}

export function readState(lab: string): LabState | undefined {
  const content = readIfThere(labPaths(lab).state);
  return content === undefined ? undefined : (JSON.parse(content) as LabState);
}

export function writeState(state: LabState): void {
  const paths = labPaths(state.name);
  mkdirSync(paths.dir, { recursive: true });
  writeFileSync(`${paths.state}.new`, `${JSON.stringify(state, null, 2)}\n`);
  renameSync(`${paths.state}.new`, paths.state);
}

/** Every lab of this machine. */
export function allStates(): LabState[] {
  if (!existsSync(stateDir)) return [];
  const names = readdirSync(stateDir).filter((name) => !name.startsWith("."));
  return names.map(readState).filter((state) => state !== undefined);
}

export function addressOf(state: LabState, host: HostState): string {
  return hostAddress(networkOf(state.index), host.number);
}

export function requireLabName(name: string): string {
  if (/^[a-z][a-z0-9-]{0,19}$/.test(name)) return name;
  throw new LabError(`lab name "${name}": expected up to 20 of a-z, 0-9 and "-", a letter first`);
}
