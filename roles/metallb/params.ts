import { z } from "zod";
import { ChartSource, Values } from "../../lib/params/chart-values.ts";
import { AddressRange } from "../../lib/params/ip-ranges.ts";
import { Duration, Kubeconfig, LabelName, LabelValue, NamespaceName } from "../../lib/params/kubernetes.ts";
import { IpAddress } from "../../lib/params/network.ts";
import { SecretString } from "../../lib/secrets/secret.ts";
import { mistakesIn } from "./mistakes.ts";

const Name = NamespaceName;
const Asn = z.int().min(1).max(4_294_967_295);

/** Nodes that carry all these labels; all nodes unless told. */
const NodeLabels = z.record(LabelName, LabelValue).optional();

const Pool = z.strictObject({
  name: Name,
  addresses: z.array(AddressRange).nonempty(),
  /** `false`: only services that name the pool get an address of it. */
  autoAssign: z.boolean().default(true),
  /** Leaves out addresses that end with .0 and .255, which some old devices refuse. */
  avoidBuggyIps: z.boolean().default(false),
});

const L2Advertisement = z.strictObject({
  name: Name,
  /** All pools of this role unless told. */
  pools: z.array(Name).nonempty().optional(),
  /** All interfaces unless told. */
  interfaces: z
    .array(z.string().regex(/^[^\s/]{1,15}$/, "has to be the name of a network interface"))
    .nonempty()
    .optional(),
  nodes: NodeLabels,
});

const BgpPeer = z
  .strictObject({
    name: Name,
    myAsn: Asn,
    peerAsn: Asn,
    peerAddress: IpAddress,
    peerPort: z.int().min(1).max(16_384).default(179),
    sourceAddress: IpAddress.optional(),
    holdTime: z
      .string()
      .regex(/^\d+(s|m)$/, "has to be a time such as 90s")
      .optional(),
    /** For a peer of another AS that is not on the same network. */
    ebgpMultiHop: z.boolean().default(false),
    password: SecretString.optional(),
    nodes: NodeLabels,
  })
  .refine(({ ebgpMultiHop, myAsn, peerAsn }) => !ebgpMultiHop || myAsn !== peerAsn, {
    path: ["ebgpMultiHop"],
    error: "is for a peer of another AS, and both are the same",
  });

const BgpAdvertisement = z.strictObject({
  name: Name,
  /** All pools of this role unless told. */
  pools: z.array(Name).nonempty().optional(),
  /** All peers unless told. */
  peers: z.array(Name).nonempty().optional(),
  /** Announces networks of this length, in place of single addresses. */
  aggregationLength: z.int().min(1).max(32).default(32),
  aggregationLengthV6: z.int().min(1).max(128).default(128),
  localPref: z.int().min(0).max(4_294_967_295).optional(),
  communities: z
    .array(z.string().regex(/^(\d+:\d+|large:\d+:\d+:\d+)$/, "has to be a community such as 65535:65282"))
    .default([]),
  nodes: NodeLabels,
});

export const MetallbParams = z
  .strictObject({
    pools: z.array(Pool).nonempty().describe("addresses that services get: networks, or ranges from-to"),
    l2Advertisements: z
      .array(L2Advertisement)
      .optional()
      .describe("which pools are answered for by ARP and NDP; default: all, where nothing is said of BGP"),
    bgpPeers: z.array(BgpPeer).default([]).describe("routers to speak BGP with"),
    bgpAdvertisements: z.array(BgpAdvertisement).default([]).describe("which pools are announced to which peers"),
    bgpBackend: z
      .enum(["native", "frr-k8s"])
      .default("native")
      .describe("who speaks BGP: MetalLB itself, IPv4 only; or FRR beside it, needed for IPv6"),
    controlPlanes: z
      .enum(["excluded", "included"])
      .default("excluded")
      .describe(
        "whether they may answer for addresses: kubeadm labels them to be left out; a cluster without workers needs them",
      ),
    namespace: NamespaceName.default("metallb-system").describe("where MetalLB runs"),
    chart: ChartSource({ repository: "https://metallb.github.io/metallb", version: "0.16.1" }).describe(
      "the chart; default: upstream's repository, version 0.16.1",
    ),
    values: Values.default({}).describe("further values of the chart, laid over those of the role"),
    repair: z
      .boolean()
      .default(false)
      .describe("a release that a killed run left half done is rolled back, or removed, before it is installed again"),
    deadline: Duration.prefault("10m").describe("how long MetalLB's pods may take to run"),
    kubeconfig: Kubeconfig.describe("on the host; has to be an administrator's"),
  })
  .superRefine((params, context) => {
    for (const { path, message } of mistakesIn(params)) context.addIssue({ code: "custom", path: [path], message });
  });

export type MetallbSettings = z.output<typeof MetallbParams>;
