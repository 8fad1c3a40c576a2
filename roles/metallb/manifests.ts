import type { MetallbSettings } from "./params.ts";

/** Carried by all that this role makes besides the chart, so that what is taken out of the parameters is removed. */
export const OWN_LABEL = { "hostwright.io/role": "metallb" } as const;

/** The kinds among which is looked for what was taken out. */
export const OWN_KINDS = [
  "metallb.io/v1beta1/IPAddressPool",
  "metallb.io/v1beta1/L2Advertisement",
  "metallb.io/v1beta1/BGPAdvertisement",
  "metallb.io/v1beta2/BGPPeer",
  "v1/Secret",
];

/**
 * Pools, peers and advertisements as MetalLB's objects. A peer's password is in a Secret of its own beside it, since
 * anybody who may list peers sees one that stands in the peer.
 *
 * @see MetalLB documentation, "API reference docs"
 */
export function metallbObjects(settings: MetallbSettings): object[] {
  const { pools, bgpPeers, bgpAdvertisements, namespace } = settings;
  // An advertisement always names its pools: server-side apply leaves null where a spec loses its last field, and the
  // API refuses that.
  const all = pools.map(({ name }) => name);
  // With neither kind of advertisement nobody would answer for any address.
  const byDefault = bgpAdvertisements.length === 0 ? [{ name: "default" }] : [];
  const l2Advertisements: NonNullable<MetallbSettings["l2Advertisements"]> = settings.l2Advertisements ?? byDefault;
  const made = (kind: string, name: string, spec: object, version = "v1beta1"): object => ({
    apiVersion: `metallb.io/${version}`,
    kind,
    metadata: { name, namespace, labels: OWN_LABEL },
    spec,
  });
  return [
    ...bgpPeers.flatMap(({ name, password }) => {
      if (password === undefined) return [];
      return [
        {
          apiVersion: "v1",
          kind: "Secret",
          metadata: { name: passwordName(name), namespace, labels: OWN_LABEL },
          type: "kubernetes.io/basic-auth",
          stringData: { password },
        },
      ];
    }),
    ...pools.map(({ name, addresses, autoAssign, avoidBuggyIps }) =>
      made("IPAddressPool", name, { addresses, autoAssign, avoidBuggyIPs: avoidBuggyIps }),
    ),
    ...l2Advertisements.map(({ name, pools: some, interfaces, nodes }) =>
      made("L2Advertisement", name, {
        ipAddressPools: some ?? all,
        ...(interfaces && { interfaces }),
        ...nodeSelectors(nodes),
      }),
    ),
    ...bgpPeers.map((peer) =>
      made(
        "BGPPeer",
        peer.name,
        {
          myASN: peer.myAsn,
          peerASN: peer.peerAsn,
          peerAddress: peer.peerAddress,
          peerPort: peer.peerPort,
          ...(peer.sourceAddress !== undefined && { sourceAddress: peer.sourceAddress }),
          ...(peer.holdTime !== undefined && { holdTime: peer.holdTime }),
          ...(peer.ebgpMultiHop && { ebgpMultiHop: true }),
          ...(peer.password !== undefined && { passwordSecret: { name: passwordName(peer.name), namespace } }),
          ...nodeSelectors(peer.nodes),
        },
        "v1beta2",
      ),
    ),
    ...bgpAdvertisements.map((each) =>
      made("BGPAdvertisement", each.name, {
        aggregationLength: each.aggregationLength,
        aggregationLengthV6: each.aggregationLengthV6,
        ipAddressPools: each.pools ?? all,
        ...(each.peers && { peers: each.peers }),
        ...(each.localPref !== undefined && { localPref: each.localPref }),
        ...(each.communities.length > 0 && { communities: each.communities }),
        ...nodeSelectors(each.nodes),
      }),
    ),
  ];
}

function passwordName(peer: string): string {
  return `bgp-password-${peer}`;
}

function nodeSelectors(labels: Readonly<Record<string, string>> | undefined): object {
  return labels === undefined ? {} : { nodeSelectors: [{ matchLabels: labels }] };
}
