import type { Finding } from "./checks.ts";
import { clockFindings } from "./clock.ts";
import { authorityFindings, duplicateFindings } from "./duplicates.ts";
import { hostFindings } from "./host-findings.ts";
import { canonicalAddress } from "./ip-range.ts";
import { networkFindings } from "./network-findings.ts";
import type { NodeAnswer, PreflightNode } from "./nodes.ts";
import type { PreflightSettings } from "./params.ts";
import { portFindings } from "./port-findings.ts";
import { skewFindings } from "./version-findings.ts";
import { virtualAddressFindings } from "./virtual-address-findings.ts";

/** All that has to be put right: first what concerns all hosts together, then host by host, in the order of the checks. */
export function findingsOf(answers: readonly NodeAnswer[], settings: PreflightSettings): readonly Finding[] {
  const nodes = answers.map(({ node }) => node);
  const told = answers.filter((answer) => answer.kind === "told");
  const clocks = told.map(({ node, offset }) => ({ host: node.name, offset }));
  const all: readonly Finding[] = [
    ...lostFindings(answers),
    ...numberFindings(nodes),
    ...addressFindings(nodes),
    ...networkFindings(answers, settings),
    ...virtualAddressFindings(answers, settings),
    ...duplicateFindings(told),
    ...told.flatMap(({ node, readiness }) => [
      ...hostFindings(node, readiness, settings),
      ...portFindings(node, readiness, settings),
      ...skewFindings(node, readiness, settings.kubernetesVersion),
    ]),
    ...clockFindings(clocks, settings.timeToleranceMs),
    ...authorityFindings(told),
  ];
  return all.filter(({ check }) => !settings.allow.includes(check));
}

function lostFindings(answers: readonly NodeAnswer[]): readonly Finding[] {
  return answers.flatMap((answer): readonly Finding[] => {
    if (answer.kind === "told") return [];
    return [{ check: "reachable", host: undefined, text: `${answer.node.name} ${oneLine(answer.why)}` }];
  });
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, " / ");
}

/** etcd goes on as long as more than half of its members are there. */
function numberFindings(nodes: readonly PreflightNode[]): readonly Finding[] {
  const count = nodes.filter(({ role }) => role === "control plane").length;
  if (count % 2 === 1) return [];
  const spare = count / 2 - 1;
  const text =
    `${count} control planes: etcd needs a majority of ${count / 2 + 1}, so they bear the loss of ${spare}, as ${count - 1} ` +
    `would, with one more that can fail; take ${count - 1} or ${count + 1}`;
  return [{ check: "control-planes", host: undefined, text }];
}

function addressFindings(nodes: readonly PreflightNode[]): readonly Finding[] {
  const byAddress = Map.groupBy(nodes, ({ address }) => canonicalAddress(address));
  return [...byAddress].flatMap(([address, same]): readonly Finding[] => {
    if (same.length < 2) return [];
    const names = same.map(({ name }) => name).join(" and ");
    const text = `${address} is the address of ${names}: give each host of the inventory its own`;
    return [{ check: "addresses", host: undefined, text }];
  });
}
