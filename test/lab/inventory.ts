import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import type { LabHost } from "./host.ts";
import { labPaths } from "./paths.ts";

/** Hosts beyond these are workers. */
const controlPlanes = 3;

/** An inventory as Ansible reads it: `control_plane` is the first three hosts, `worker` the others, `kubernetes` all. */
export function inventoryYaml(hosts: readonly LabHost[]): string {
  const [first] = hosts;
  const workers = hosts.slice(controlPlanes);
  const group = (members: readonly LabHost[]) => ({
    hosts: Object.fromEntries(members.map(({ name }) => [name, null])),
  });
  return stringify(
    {
      all: {
        vars: {
          ansible_user: first?.user,
          ansible_ssh_private_key_file: first?.keyFile,
          ansible_become: true,
        },
        hosts: Object.fromEntries(hosts.map(({ name, address }) => [name, { ansible_host: address }])),
        children: {
          kubernetes: {
            children: {
              control_plane: group(hosts.slice(0, controlPlanes)),
              ...(workers.length > 0 ? { worker: group(workers) } : {}),
            },
          },
        },
      },
    },
    { nullStr: "" },
  );
}

/** The text of `inventory/lab.yaml`, which is of the quick start's lab, for a lab of another name. */
export function siteInventory({ name, prefix }: { readonly name: string; readonly prefix: string }): string {
  return readFileSync(fileURLToPath(new URL("../../inventory/lab.yaml", import.meta.url)), "utf8")
    .replaceAll("10.88.0.", prefix)
    .replaceAll("/hostwright-lab/lab/", `/hostwright-lab/${name}/`);
}

export function knownHosts(hosts: readonly LabHost[]): string {
  const lines = hosts.flatMap(({ name, address, hostKeys }) => hostKeys.map((key) => `${name},${address} ${key}`));
  return `${lines.join("\n")}\n`;
}

/** Files for whoever connects to the lab, each renamed into place: others may be reading it just now. */
export function writeConnectionFiles(lab: string, hosts: readonly LabHost[]): void {
  const paths = labPaths(lab);
  for (const [file, text] of [
    [paths.knownHosts, knownHosts(hosts)],
    [paths.inventory, inventoryYaml(hosts)],
  ] as const) {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  }
}
