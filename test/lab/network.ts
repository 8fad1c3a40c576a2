import { existsSync } from "node:fs";
import { LabError, run } from "./command.ts";

/** A lab's network: 10.88.INDEX.0/24 on a bridge of its own, the machine is .1. */
export interface Network {
  readonly bridge: string;
  readonly gateway: string;
  readonly prefix: string;
}

/** Hosts are .11 and up; what is above .99 is left for virtual addresses. */
export const maxHosts = 89;

/** Labs with a known purpose have a fixed network, so that one can remember their addresses. */
const usualIndex = new Map([
  ["lab", 0],
  ["test", 1],
  ["bench", 2],
]);
const lastIndex = 249;

/** Where the package cache and the mirror listen: on a bridge of their own, which every lab's hosts reach by their gateway. */
export const servedAddress = "10.88.255.1";

export function networkOf(index: number): Network {
  return { bridge: `hwlab${index}`, gateway: `10.88.${index}.1`, prefix: `10.88.${index}.` };
}

export function hostAddress(network: Network, number: number): string {
  return `${network.prefix}${10 + number}`;
}

/** Chooses a network that no other lab has and that nothing else on this machine uses: the wanted one first. */
export async function freeIndex(lab: string, taken: ReadonlySet<number>, wanted?: number): Promise<number> {
  const inUse = `${await run("ip", ["-4", "-o", "address"])}\n${await run("ip", ["-4", "route", "show", "table", "all"])}`;
  const free = (index: number) => {
    const { bridge, prefix } = networkOf(index);
    return !taken.has(index) && !existsSync(`/sys/class/net/${bridge}`) && !inUse.includes(` ${prefix}`);
  };
  const usual = wanted ?? usualIndex.get(lab);
  if (usual !== undefined && free(usual)) return usual;
  for (let index = usualIndex.size; index <= lastIndex; index++) if (free(index)) return index;
  throw new LabError(`no free network for the lab "${lab}": 10.88.0.0/24 to 10.88.${lastIndex}.0/24 are all in use`);
}

/** A bridge with an address, up. It has no link to the outside and the machine does not forward for it. */
export async function raiseBridge(bridge: string, address: string): Promise<void> {
  if (!existsSync(`/sys/class/net/${bridge}`)) await run("ip", ["link", "add", bridge, "type", "bridge"]);
  await run("ip", ["address", "replace", address, "dev", bridge]);
  await run("ip", ["link", "set", bridge, "up"]);
}

export async function removeLink(name: string): Promise<void> {
  if (existsSync(`/sys/class/net/${name}`)) await run("ip", ["link", "delete", name]);
}
