import { firstOverlap, parseRange } from "../../lib/params/ip-ranges.ts";

/** What the parameters say to each other. */
export interface Related {
  readonly pools: readonly { readonly name: string; readonly addresses: readonly string[] }[];
  readonly l2Advertisements?: readonly Advertisement[] | undefined;
  readonly bgpPeers: readonly { readonly name: string }[];
  readonly bgpAdvertisements: readonly (Advertisement & {
    readonly peers?: readonly string[] | undefined;
    readonly communities: readonly string[];
  })[];
  readonly bgpBackend: "native" | "frr-k8s";
}

interface Advertisement {
  readonly name: string;
  readonly pools?: readonly string[] | undefined;
}

interface Mistake {
  readonly path: string;
  readonly message: string;
}

/** What is wrong between parameters that are right each by itself. MetalLB's webhooks would say so one by one, later. */
export function mistakesIn(params: Related): readonly Mistake[] {
  const { pools, l2Advertisements = [], bgpPeers, bgpAdvertisements, bgpBackend } = params;
  const mistakes: Mistake[] = [];
  for (const [path, list] of Object.entries({ pools, l2Advertisements, bgpPeers, bgpAdvertisements })) {
    const names = list.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) mistakes.push({ path, message: `names ${twice} twice` });
  }
  const pair = firstOverlap(pools.flatMap(({ name, addresses }) => addresses.map((range) => ({ name, range }))));
  if (pair) mistakes.push({ path: "pools", message: `${pair.join(" and ")} overlap` });
  const known = new Set(pools.map(({ name }) => name));
  for (const [path, list] of Object.entries({ l2Advertisements, bgpAdvertisements })) {
    for (const { name, pools: wanted = [] } of list) {
      const unknown = wanted.find((pool) => !known.has(pool));
      if (unknown !== undefined) mistakes.push({ path, message: `${name} names pool ${unknown}, which is not there` });
    }
  }
  for (const { name, peers = [] } of bgpAdvertisements) {
    const unknown = peers.find((peer) => !bgpPeers.some((each) => each.name === peer));
    if (unknown !== undefined) {
      mistakes.push({ path: "bgpAdvertisements", message: `${name} names peer ${unknown}, which is not there` });
    }
  }
  if (bgpAdvertisements.length > 0 && bgpPeers.length === 0) {
    mistakes.push({ path: "bgpAdvertisements", message: "need bgpPeers to hear them" });
  }
  const announced = (pool: string) => bgpAdvertisements.some(({ pools: some }) => some?.includes(pool) ?? true);
  const six = pools.find(({ name, addresses }) => announced(name) && addresses.some(isIpv6));
  if (bgpBackend === "native" && six) {
    mistakes.push({ path: "bgpBackend", message: `has to be frr-k8s: pool ${six.name} announces IPv6 addresses` });
  }
  const large = bgpAdvertisements.find(({ communities }) => communities.some((each) => each.startsWith("large:")));
  if (bgpBackend === "native" && large) {
    mistakes.push({ path: "bgpBackend", message: `has to be frr-k8s: ${large.name} has a large community` });
  }
  return mistakes;
}

function isIpv6(range: string): boolean {
  return parseRange(range)?.family === 6;
}
