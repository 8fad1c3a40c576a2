import { z } from "zod";
import { defineRole } from "../../lib/engine/role.ts";
import { apt } from "../../lib/tasks/apt.ts";
import { systemd } from "../../lib/tasks/systemd.ts";
import { template } from "../../lib/tasks/template.ts";
import { haproxyCfg } from "./haproxy.cfg.ts";

const Port = z.int().min(1).max(65_535);
const HaproxyTime = z.string().regex(/^\d+(ms|s|m|h|d)$/, "has to be a number with ms, s, m, h or d, such as 4h");

export const HaproxyStackedParams = z
  .strictObject({
    servers: z
      .array(
        z.strictObject({
          name: z.string().regex(/^[\w.:-]+$/, "has to be a name without spaces"),
          address: z.union([z.ipv4(), z.ipv6()], "has to be an IP address"),
        }),
      )
      .min(1)
      .describe("the control planes: name and address of each"),
    port: Port.default(6443).describe("where clients connect"),
    serverPort: Port.default(6444).describe("where the apiserver of each control plane listens (kubeadm's bindPort)"),
    statsAddress: z
      .union([z.ipv4(), z.ipv6(), z.literal("*")], 'has to be an IP address, or "*" for all')
      .default("127.0.0.1")
      .describe("address of the statistics page; nobody has to log in to see it"),
    statsPort: Port.default(8080).describe("port of the statistics page"),
    connectTimeout: HaproxyTime.default("1s").describe("after which a server that does not answer is given up"),
    idleTimeout: HaproxyTime.default("4h").describe(
      "after which an idle connection is cut: longer than any `kubectl exec`",
    ),
    maxConnections: z.int().min(100).default(4000).describe("connections at a time"),
    version: z
      .string()
      .optional()
      .describe("version of the haproxy package; default: the one that is there, or the newest"),
  })
  .refine(({ port, serverPort }) => port !== serverPort, {
    path: ["serverPort"],
    error: "must differ from port: on a control plane the balancer and the apiserver share the host's addresses",
  });

/**
 * A balancer on each control plane for the apiservers of all of them. It listens on 6443, the apiservers on 6444, so
 * that it can stand on the same hosts; with `keepalived` in front of it the API has one address that survives the loss
 * of a host.
 *
 * A changed configuration restarts haproxy rather than reloading it: after a reload the old process serves the old list
 * of servers for as long as its longest connection lasts, which can be hours.
 *
 * @example
 * haproxyStacked({ servers: host.group("control_plane").map(({ name, address }) => ({ name, address })) })
 */
export const haproxyStacked = defineRole({
  name: "haproxyStacked",
  params: HaproxyStackedParams,
  tasks: (params) => [
    apt({ packages: [params.version ? { name: "haproxy", version: params.version } : "haproxy"] }),
    template({
      path: "/etc/haproxy/haproxy.cfg",
      text: haproxyCfg(params),
      validate: ["haproxy", "-c", "-q", "-f", "%s"],
    }),
    systemd({
      unit: "haproxy.service",
      state: "started",
      enabled: true,
      restartAfter: ["/etc/haproxy/haproxy.cfg"],
    }),
  ],
});
