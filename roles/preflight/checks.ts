/** What is looked at, by the names that `allow` takes; the README says the same at more length. */
export const CHECKS = {
  reachable: "every host can be logged in to",
  "control-planes": "their number is odd",
  addresses: "each host of the inventory has an address of its own",
  networks: "ranges do not overlap",
  "network-size": "ranges are neither too small nor too large",
  "node-address": "an interface of the host carries its address",
  "virtual-address": "it is free, or held by a control plane, and belongs to their network",
  platform: "Linux on amd64 or arm64",
  "cgroup-version": "control groups are of version 2",
  memory: "there is enough of it",
  cpus: "there are enough of them",
  swap: "it is off, now and at boot",
  "kernel-modules": "the kernel has them",
  ports: "nobody else listens on those of Kubernetes",
  time: "the hosts' clocks agree",
  hostname: "no two hosts have the same",
  "machine-id": "no two hosts have the same",
  "product-uuid": "no two machines have the same",
  "version-skew": "what is installed fits to the version that is wanted",
  upgrade: "the control plane is of the version that is wanted",
  cluster: "what is there of a cluster belongs to this one",
} as const;

export type CheckName = keyof typeof CHECKS;

/** Something that has to be put right first, with its remedy. */
export interface Finding {
  readonly check: CheckName;
  /** The host that it concerns; `undefined`: all of them together. */
  readonly host: string | undefined;
  readonly text: string;
}

/** The finding as a reader gets it: it ends with the name that leaves it out. */
export function findingLine({ text, check }: Finding): string {
  return `${text} (check: ${check})`;
}
