import { z } from "zod";
import { defineRole } from "../../lib/engine/role.ts";
import { apt } from "../../lib/tasks/apt.ts";
import { hostname } from "../../lib/tasks/hostname.ts";
import { hostsEntry } from "../../lib/tasks/hosts-entry.ts";
import { kernelModule } from "../../lib/tasks/kernel-module.ts";
import { swap } from "../../lib/tasks/swap.ts";
import { sysctl } from "../../lib/tasks/sysctl.ts";

export const BaseParams = z.strictObject({
  hostname: z.string().optional().describe("the host's name; default: left as it is"),
  hosts: z
    .array(z.strictObject({ address: z.string(), names: z.array(z.string()).min(1) }))
    .default([])
    .describe("entries of /etc/hosts"),
  swapOff: z
    .boolean()
    .default(true)
    .describe("no swap, now and after a boot: kubelet does not start with it unless told"),
  modules: z.array(z.string()).default(["overlay", "br_netfilter"]).describe("kernel modules, now and after a boot"),
  sysctls: z
    .record(z.string(), z.union([z.string(), z.number()]))
    .default({
      "net.bridge.bridge-nf-call-ip6tables": 1,
      "net.bridge.bridge-nf-call-iptables": 1,
      "net.ipv4.ip_forward": 1,
    })
    .describe("kernel parameters, now and after a boot"),
  packages: z
    .array(z.string())
    .default(["ca-certificates", "conntrack", "curl", "ethtool", "iptables", "kmod", "nftables", "procps", "socat"])
    .describe("packages that kubelet, kube-proxy and these roles call"),
});

/**
 * What every node of a Kubernetes needs below its runtime: name, /etc/hosts, no swap, kernel modules and parameters,
 * packages.
 *
 * @see Kubernetes documentation, "Installing kubeadm" and "Container Runtimes"
 * @example
 * base({ hostname: host.name, hosts: host.group("kubernetes").map(({ name, address }) => ({ address, names: [name] })) })
 */
export const base = defineRole({
  name: "base",
  params: BaseParams,
  tasks: ({ hostname: name, hosts, swapOff, modules, sysctls, packages }) => [
    // Before the name: sudo looks it up, and waits for DNS where /etc/hosts does not have it.
    ...hosts.map((entry) => hostsEntry(entry)),
    ...(name === undefined ? [] : [hostname({ name })]),
    ...(swapOff ? [swap({ off: true })] : []),
    // A minimal Debian has no modprobe, and sysctls of a module appear when it is loaded.
    ...(packages.length > 0 ? [apt({ packages })] : []),
    ...modules.map((module) => kernelModule({ name: module })),
    ...Object.entries(sysctls).map(([key, value]) => sysctl({ key, value })),
  ],
});
