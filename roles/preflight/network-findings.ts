import { overlap } from "../../lib/params/ip-ranges.ts";
import type { CheckName, Finding } from "./checks.ts";
import { addressOf, canonicalAddress, type IpRange, ipRange, networkOf } from "./ip-range.ts";
import type { NodeAnswer } from "./nodes.ts";
import type { PreflightSettings } from "./params.ts";

/** What pod networks and kube-proxy make on a host: their addresses are of the ranges that are looked at. */
const OF_PODS =
  /^(cni|flannel|cali|tunl|vxlan\.cali|vxlan-v6\.cali|wireguard\.cali|kube-|nodelocaldns|cilium|lxc|veth|weave|antrea|ovn)/;

/** The number of addresses in a range of services that kubeadm asks for at least, and the bits that it takes at most. */
const SERVICE_ADDRESSES = 10n;
const SERVICE_BITS = 20;

/** The node mask may be longer than that of the whole range by so much: kubeadm's PodSubnetNodeMaskMaxDiff. */
const MASK_DIFFERENCE = 16;

interface NamedRange {
  readonly name: string;
  readonly range: IpRange;
}

/** Ranges that overlap, or have the wrong size. */
export function networkFindings(
  answers: readonly NodeAnswer[],
  settings: Pick<PreflightSettings, "podNetwork" | "serviceNetwork" | "virtualAddress" | "nodeMaskSize">,
): readonly Finding[] {
  const finding = (check: CheckName) => (text: string) => ({ check, host: undefined, text });
  const pods = ipRange(settings.podNetwork);
  const services = ipRange(settings.serviceNetwork);
  return [
    ...overlaps(pods, services, answers, settings.virtualAddress).map(finding("networks")),
    ...podSizes(pods, settings.nodeMaskSize ?? (pods.bits === 32 ? 24 : 64), answers.length).map(
      finding("network-size"),
    ),
    ...serviceSizes(services).map(finding("network-size")),
  ];
}

function overlaps(
  pods: IpRange,
  services: IpRange,
  answers: readonly NodeAnswer[],
  virtualAddress: string | undefined,
): readonly string[] {
  const ours = [
    { name: `the pods' range ${pods.text}`, range: pods },
    { name: `the services' range ${services.text}`, range: services },
  ];
  const theirs = hostRanges(answers, virtualAddress);
  const texts = ours.flatMap((own) =>
    theirs
      .filter(({ range }) => overlap(own.range, range))
      .map(({ name }) => `${own.name} overlaps with ${name}; take another range`),
  );
  if (!overlap(pods, services)) return texts;
  return [`${ours.map(({ name }) => name).join(" and ")} overlap; take another range for one of them`, ...texts];
}

/** The networks that hosts are in, each once, and addresses that are in none of these. */
function hostRanges(answers: readonly NodeAnswer[], virtualAddress: string | undefined): readonly NamedRange[] {
  const networks = new Map<string, { range: IpRange; places: string[] }>();
  for (const answer of answers) {
    if (answer.kind === "lost") continue;
    for (const { interface: name, address, prefix } of answer.readiness.addresses ?? []) {
      if (name === "lo" || address.startsWith("fe80:") || OF_PODS.test(name)) continue;
      const range = ipRange(`${address}/${prefix}`);
      const network = networks.get(networkOf(range)) ?? { range, places: [] };
      networks.set(networkOf(range), network);
      network.places.push(`${name} of ${answer.node.name}`);
    }
  }
  const known = [...networks].map(([name, { range, places }]) => ({ name: `${name} (${shortened(places)})`, range }));
  const virtual = virtualAddress === undefined ? [] : [addressOf(virtualAddress)];
  const alone = [
    ...answers.map(({ node }) => ({ what: `the address of ${node.name}`, address: canonicalAddress(node.address) })),
    ...virtual.map((address) => ({ what: "the virtual address", address })),
  ]
    .map(({ what, address }) => ({ name: `${address}, ${what}`, range: ipRange(address) }))
    .filter(({ range }) => !known.some((each) => overlap(each.range, range)));
  return [...known, ...alone];
}

function shortened(places: readonly string[]): string {
  const rest = places.length - 3;
  return rest > 0 ? `${places.slice(0, 3).join(", ")} and ${rest} more` : places.join(", ");
}

function podSizes(pods: IpRange, mask: number, nodes: number): readonly string[] {
  const named = `the pods' range ${pods.text}`;
  const difference = mask - pods.prefix;
  if (difference < 0) return [`${named} is smaller than the /${mask} that each node gets of it; take a larger range`];
  if (difference > MASK_DIFFERENCE) {
    return [
      `${named} is too large for shares of /${mask}: kubeadm takes a nodeMaskSize of ${pods.prefix + MASK_DIFFERENCE} at most`,
    ];
  }
  const room = 2 ** difference;
  if (room >= nodes) return [];
  return [
    `${named} has room for ${room === 1 ? "1 node" : `${room} nodes`} with a /${mask} each, and there are ${nodes}; take a larger range, or smaller shares`,
  ];
}

function serviceSizes({ text, bits, prefix, first, last }: IpRange): readonly string[] {
  if (bits - prefix > SERVICE_BITS) {
    return [`the services' range ${text} is too large for kube-apiserver; take a /${bits - SERVICE_BITS} at most`];
  }
  if (last - first + 1n >= SERVICE_ADDRESSES) return [];
  return [
    `the services' range ${text} is too small: kubeadm wants ${SERVICE_ADDRESSES} addresses, a /${bits - 4} at least`,
  ];
}
