import { z } from "zod";
import { IpAddress } from "../../lib/params/network.ts";
import { UnitName } from "../../lib/params/units.ts";

export const HaTestParams = z.strictObject({
  virtualAddress: z
    .string()
    .transform((text) => text.replace(/\/\d+$/, ""))
    .pipe(IpAddress)
    .describe("the address that moves, with or without the length of its network"),
  balancers: z
    .array(z.string().min(1))
    .min(2, "has to name two hosts at least: otherwise nobody can take over")
    .refine((names) => new Set(names).size === names.length, "names a host twice")
    .describe("the hosts that may hold it, by their names in the inventory"),
  method: z
    .enum(["stop-balancer", "reboot"])
    .default("stop-balancer")
    .describe("what befalls the holder: its balancer stops for a while, or it reboots"),
  unit: UnitName.prefault("haproxy.service").describe("the balancer"),
  port: z.int().min(1).max(65_535).default(6443).describe("where the balancer listens"),
  path: z
    .string()
    .regex(/^\/[\w/?=&.-]*$/, "has to be the path of a URL, such as /readyz")
    .default("/readyz")
    .describe("what is asked for over https, without a login; it has to answer 200"),
  perSecond: z.int().min(1).max(20).default(10).describe("requests a second"),
  outageSeconds: z
    .int()
    .min(3)
    .max(300)
    .default(10)
    .describe("how long the balancer stays stopped, or requests are counted after a reboot has begun"),
  maxGapSeconds: z.number().positive().default(10).describe("the test fails when no request was answered for longer"),
  rebootSeconds: z.int().min(10).default(300).describe("how long the holder may take to be back"),
});
