import { z } from "zod";
import { ModuleName } from "../../lib/params/kernel.ts";
import { IpAddress } from "../../lib/params/network.ts";
import { nearest } from "../../lib/text/nearest.ts";
import { CHECKS } from "./checks.ts";
import { ipRange, networkOf } from "./ip-range.ts";

const Nodes = z.array(z.strictObject({ name: z.string().min(1), address: IpAddress }));
const Port = z.int().min(1).max(65_535);
const Count = z.int().min(0);

const Network = z
  .union([z.cidrv4(), z.cidrv6()], "has to be a network, such as 10.244.0.0/16")
  .refine((text) => ipRange(text).address === ipRange(text).first, {
    error: ({ input }) => `has to begin with the network's first address: ${networkOf(ipRange(String(input)))}`,
  });

const Check = z.string().refine((name) => Object.hasOwn(CHECKS, name), {
  error: ({ input }) => {
    const near = nearest(String(input), Object.keys(CHECKS));
    return `has no check of the name ${JSON.stringify(input)}${near ? `; did you mean ${near}?` : ""} (checks: ${Object.keys(CHECKS).join(", ")})`;
  },
});

/** Each is what kubeadm demands of a control plane (its constants ControlPlaneMem and ControlPlaneNumCPU). */
const KUBEADM = { memoryMib: 1700, cpus: 2 };

export const PreflightParams = z
  .strictObject({
    controlPlanes: Nodes.min(1).describe("the control planes by their names in the inventory, the first of them first"),
    workers: Nodes.default([]).describe("the other nodes"),
    virtualAddress: z
      .union([z.cidrv4(), z.cidrv6()], "has to be an address with the length of its network, such as 10.0.0.100/24")
      .optional()
      .describe("the address of the API that moves between the control planes, as role keepalived has it"),
    interface: z
      .string()
      .regex(/^[^\s/]{1,15}$/, "has to be the name of a network interface, such as eth0")
      .optional()
      .describe("interface that is to carry it; default: the one with the host's own address"),
    podNetwork: Network.describe("range of the pods' addresses"),
    serviceNetwork: Network.default("10.96.0.0/12").describe(
      "range of the services' addresses; the default is kubeadm's",
    ),
    nodeMaskSize: z
      .int()
      .min(1)
      .max(128)
      .optional()
      .describe("length of each node's share of the pods' range; default as kubeadm's: 24, with IPv6 64"),
    kubernetesVersion: z
      .string()
      .regex(/^v?\d+\.\d+(\.\d+)?([-+].*)?$/, "has to be a version, such as 1.36.4")
      .optional()
      .describe("version that is wanted; without it what is installed is not compared"),
    ports: z
      .strictObject({
        api: Port.default(6443),
        apiserver: Port.optional(),
        etcdClient: Port.default(2379),
        etcdPeer: Port.default(2380),
        kubelet: Port.default(10_250),
        controllerManager: Port.default(10_257),
        scheduler: Port.default(10_259),
      })
      .prefault({})
      .describe(
        "`api`: where clients connect (6443); `apiserver`: where it listens (6444 behind a virtual address, else as `api`); the others as kubeadm has them (2379, 2380, 10250, 10257, 10259)",
      ),
    minimumMemoryMib: z
      .strictObject({ controlPlane: Count.default(KUBEADM.memoryMib), worker: Count.default(KUBEADM.memoryMib) })
      .prefault({})
      .describe(
        "memory in MiB, 1700 for both: what kubeadm demands of control planes; its documentation wants 2 GB in every machine",
      ),
    minimumCpus: z
      .strictObject({ controlPlane: Count.default(KUBEADM.cpus), worker: Count.default(1) })
      .prefault({})
      .describe("CPUs: 2 for a control plane, as kubeadm demands, 1 for a worker"),
    kernelModules: z
      .array(ModuleName)
      .default(["overlay", "br_netfilter", "nf_conntrack", "vxlan"])
      .describe(
        "modules that the kernel has to have, loaded or not; default: overlay, br_netfilter, nf_conntrack, vxlan",
      ),
    timeToleranceMs: Count.default(2000).describe("how far a host's clock may be from the middle one, in milliseconds"),
    allow: z.array(Check).default([]).describe("checks to leave out, by the names at the end of findings"),
  })
  .refine(({ controlPlanes, workers }) => namedTwice([...controlPlanes, ...workers]) === undefined, {
    path: ["workers"],
    error: ({ input }) => {
      const { controlPlanes, workers } = input as Record<"controlPlanes" | "workers", { name: string }[]>;
      return `${namedTwice([...controlPlanes, ...workers])} is listed twice; each host is a control plane or a worker`;
    },
  });

function namedTwice(nodes: readonly { readonly name: string }[]): string | undefined {
  const names = nodes.map(({ name }) => name);
  return names.find((name, index) => names.indexOf(name) !== index);
}

export type PreflightSettings = z.output<typeof PreflightParams>;
