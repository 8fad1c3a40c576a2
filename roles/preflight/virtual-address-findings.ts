import type { InterfaceAddress } from "../../lib/reads/host-readiness-record.ts";
import type { Finding } from "./checks.ts";
import { addressOf, canonicalAddress, holds, ipRange, networkOf } from "./ip-range.ts";
import type { NodeAnswer, ToldNode } from "./nodes.ts";
import type { PreflightSettings } from "./params.ts";

/** The virtual address: whose it is now, and whether the control planes can carry it. */
export function virtualAddressFindings(
  answers: readonly NodeAnswer[],
  { virtualAddress, interface: wanted }: Pick<PreflightSettings, "virtualAddress" | "interface">,
): readonly Finding[] {
  if (virtualAddress === undefined) return [];
  const address = addressOf(virtualAddress);
  const finding = (text: string, host?: string): Finding => ({ check: "virtual-address", host, text });
  const owner = answers.find(({ node }) => canonicalAddress(node.address) === address)?.node;
  if (owner) {
    return [finding(`the virtual address ${address} is the own address of ${owner.name}; take one that is free`)];
  }
  const told = answers.filter((answer) => answer.kind === "told");
  return [
    ...holderTexts(address, answers, told).map((text) => finding(text)),
    ...told.flatMap((answer) => {
      const text = answer.node.role === "control plane" ? placeText(address, answer, wanted) : undefined;
      return text === undefined ? [] : [finding(text, answer.node.name)];
    }),
  ];
}

/** Who has it now. A control plane that cannot be asked may be the one. */
function holderTexts(address: string, answers: readonly NodeAnswer[], told: readonly ToldNode[]): readonly string[] {
  const holders = told.filter(({ readiness }) => readiness.addresses?.some((each) => each.address === address));
  const strangers = holders.filter(({ node }) => node.role !== "control plane");
  if (strangers.length > 0) {
    const names = strangers.map(({ node }) => node.name).join(" and ");
    return [`the virtual address ${address} is on ${names}, no control plane; take it off there`];
  }
  if (holders.length > 1) {
    const names = holders.map(({ node }) => node.name).join(" and ");
    return [
      `the virtual address ${address} is on ${names} at once: they do not hear each other; let VRRP (protocol 112) pass`,
    ];
  }
  if (holders.length > 0 || answers.some(({ kind, node }) => kind === "lost" && node.role === "control plane"))
    return [];
  const own = new Set(told.flatMap(({ readiness }) => readiness.hardwareAddresses));
  return told.flatMap(({ node, readiness: { probe } }) => {
    if (probe?.kind !== "tried" || (!probe.answered && probe.neighbour === undefined)) return [];
    if (probe.neighbour !== undefined && own.has(probe.neighbour)) return [];
    const who = probe.neighbour === undefined ? "somebody" : `the machine with hardware address ${probe.neighbour}`;
    return [
      `${who} answers on the virtual address ${address}, asked by ${node.name}, and is none of these hosts; take one that is free`,
    ];
  });
}

/** Why this control plane cannot carry it. */
function placeText(address: string, { node, readiness }: ToldNode, wanted: string | undefined): string | undefined {
  if (!readiness.addresses) return undefined;
  const virtual = ipRange(address);
  const others = readiness.addresses.filter(
    (each) => each.address !== address && ipRange(each.address).bits === virtual.bits,
  );
  const name = wanted ?? others.find((each) => each.address === canonicalAddress(node.address))?.interface;
  // No interface has the node's own address: that is a finding by itself.
  if (name === undefined) return undefined;
  const candidates = others.filter((each) => each.interface === name);
  const found = [...new Set(others.map((each) => each.interface))].filter((each) => each !== "lo").join(", ") || "none";
  if (candidates.length === 0)
    return `has no interface ${name} with an address to carry ${address} beside it (found: ${found})`;
  const network = candidates.map(rangeOf).find((range) => holds(range, virtual));
  if (!network) {
    const networks = candidates.map((each) => networkOf(rangeOf(each))).join(", ");
    return `the virtual address ${address} is outside of the network of ${name}, ${networks}; take one of it, or another interface`;
  }
  const reserved =
    network.bits === 32 && network.prefix < 31 && (virtual.first === network.first || virtual.first === network.last);
  if (!reserved) return undefined;
  return `the virtual address ${address} is the first or last of ${networkOf(network)}, which no host can have; take another`;
}

function rangeOf({ address, prefix }: InterfaceAddress) {
  return ipRange(`${address}/${prefix}`);
}
