import type { CheckName, Finding } from "./checks.ts";
import type { ToldNode } from "./nodes.ts";

/** What firmware tells that was never given an identity: zeros, ones, and a number that many boards share. */
const NO_UUID = /^(0{8}-.*|f{8}-.*|03000200-0400-0500-0006-000700080009)$/;

/** What two hosts have in common that no two may: mostly machines that were copied from one image. */
export function duplicateFindings(told: readonly ToldNode[]): readonly Finding[] {
  return [
    ...same(told, "hostname", ({ readiness }) => readiness.hostname.toLowerCase(), {
      what: (value) => `the host name ${value}`,
      remedy: "kubelet registers its node by it; name them by the task hostname, or by the role base",
    }),
    ...same(told, "machine-id", ({ readiness: { machineId } }) => (/^[0-9a-f]{32}$/.test(machineId) ? machineId : ""), {
      what: (value) => `the machine id ${value}`,
      remedy:
        "pod networks and DHCP take it for the machine; on all but one: rm /etc/machine-id && systemd-machine-id-setup, and reboot",
    }),
    ...same(told, "product-uuid", ({ readiness }) => uuidOf(readiness), {
      what: (value) => `the product UUID ${value}`,
      remedy: "Kubernetes tells machines apart by it; give the virtual machines UUIDs of their own",
    }),
  ];
}

/** Containers show the firmware of the machine that they share. */
function uuidOf({ container, productUuid = "" }: ToldNode["readiness"]): string {
  return container || NO_UUID.test(productUuid) ? "" : productUuid;
}

function same(
  told: readonly ToldNode[],
  check: CheckName,
  idOf: (node: ToldNode) => string,
  { what, remedy }: { readonly what: (value: string) => string; readonly remedy: string },
): readonly Finding[] {
  return [...Map.groupBy(told, idOf)].flatMap(([value, nodes]): readonly Finding[] => {
    if (value === "" || nodes.length < 2) return [];
    const names = nodes.map(({ node }) => node.name).join(" and ");
    return [{ check, host: undefined, text: `${names} have ${what(value)}: ${remedy}` }];
  });
}

/** Nodes of another cluster than most: their certificate authority is another one. */
export function authorityFindings(told: readonly ToldNode[]): readonly Finding[] {
  const joined = told.filter(
    ({ readiness: { files, authority } }) => authority !== undefined && files.includes("kubelet.conf"),
  );
  const clusters = [...Map.groupBy(joined, ({ readiness }) => readiness.authority).values()];
  // The first of the largest: a stable sort.
  const [own, ...others] = clusters.sort((a, b) => b.length - a.length);
  const member = own?.[0]?.node.name;
  return others.flat().map(({ node: { name } }): Finding => {
    const text = `belongs to another cluster than ${member}: the certificate authorities differ; \`kubeadm reset\` takes it out of there`;
    return { check: "cluster", host: name, text };
  });
}
