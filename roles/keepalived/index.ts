import { z } from "zod";
import { defineRole } from "../../lib/engine/role.ts";
import { SecretString } from "../../lib/secrets/secret.ts";
import { apt } from "../../lib/tasks/apt.ts";
import { systemd } from "../../lib/tasks/systemd.ts";
import { template } from "../../lib/tasks/template.ts";
import { keepalivedConf } from "./keepalived.conf.ts";

const Address = z.union([z.ipv4(), z.ipv6()], "has to be an IP address");

export const KeepalivedParams = z
  .strictObject({
    virtualAddress: z
      .union([z.cidrv4(), z.cidrv6()], "has to be an address with the length of its network, such as 10.0.0.100/24")
      .describe("the address that moves, with the length of its network"),
    interface: z
      .string()
      .regex(/^[^\s/]{1,15}$/, "has to be the name of a network interface, such as eth0")
      .describe("interface that carries it"),
    address: Address.describe("this host's own address, from which it speaks to its peers"),
    peers: z.array(Address).min(1).describe("addresses of the other hosts that may hold it"),
    virtualRouterId: z.int().min(1).max(255).default(51).describe("the same on all hosts, unique in the network"),
    priority: z.int().min(1).max(254).describe("who takes it first; different on every host"),
    advertSeconds: z
      .int()
      .min(1)
      .max(255)
      .default(1)
      .describe("time between two signs of life; three missing ones move it"),
    track: z
      .enum(["process", "script"])
      .default("process")
      .describe("how haproxy is followed: `process` reacts at once, `script` works in containers too"),
    password: SecretString.refine((password) => password.reveal().length <= 8, "has at most 8 characters that count")
      .optional()
      .describe("password between the hosts, 8 characters; it guards against mix-ups, not against an attacker"),
  })
  .refine(({ address, peers }) => !peers.includes(address), {
    path: ["peers"],
    error: "must not contain the host's own address",
  });

/**
 * A virtual address that one of several balancers holds, and that moves when haproxy ends or the host is lost. It does
 * not move back by itself: that would cut connections a second time.
 *
 * @example
 * keepalived({ virtualAddress: "10.0.0.100/24", interface: "eth0", address: host.address, peers, priority: 100 })
 */
export const keepalived = defineRole({
  name: "keepalived",
  params: KeepalivedParams,
  tasks: (params) => [
    // procps has the pgrep that the script uses.
    apt({ packages: params.track === "script" ? ["keepalived", "procps"] : ["keepalived"] }),
    template({
      path: "/etc/keepalived/keepalived.conf",
      text: keepalivedConf(params),
      mode: "0600",
      validate: ["keepalived", "--config-test", "--use-file", "%s"],
    }),
    systemd({
      unit: "keepalived.service",
      state: "started",
      enabled: true,
      // A reload keeps the address where it is.
      reloadAfter: ["/etc/keepalived/keepalived.conf"],
    }),
  ],
});
