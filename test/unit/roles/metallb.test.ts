import test from "ava";
import { UsageError } from "../../../lib/errors.ts";
import { Secret } from "../../../lib/secrets/secret.ts";
import { metallb } from "../../../roles/metallb/index.ts";
import { metallbObjects } from "../../../roles/metallb/manifests.ts";
import { MetallbParams } from "../../../roles/metallb/params.ts";
import { metallbValues } from "../../../roles/metallb/values.ts";

type Params = Parameters<typeof metallb>[0];

const pools: Params["pools"] = [{ name: "default", addresses: ["10.0.0.200-10.0.0.220"] }];
const peer = { name: "tor-1", myAsn: 64_512, peerAsn: 64_513, peerAddress: "10.0.0.1" };
const settings = (change: object = {}) => MetallbParams.parse({ pools, ...change });

interface Made {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels: object };
  readonly spec?: Readonly<Record<string, unknown>>;
}

const objects = (change: object = {}) => metallbObjects(settings(change)) as Made[];

test("a pool alone is answered for by L2", (t) => {
  const labels = { "hostwright.io/role": "metallb" };
  t.deepEqual(objects(), [
    {
      apiVersion: "metallb.io/v1beta1",
      kind: "IPAddressPool",
      metadata: { name: "default", namespace: "metallb-system", labels },
      spec: { addresses: ["10.0.0.200-10.0.0.220"], autoAssign: true, avoidBuggyIPs: false },
    },
    {
      apiVersion: "metallb.io/v1beta1",
      kind: "L2Advertisement",
      metadata: { name: "default", namespace: "metallb-system", labels },
      spec: { ipAddressPools: ["default"] },
    },
  ]);
});

test("with BGP, L2 is what is told and no more", (t) => {
  const bgp = { bgpPeers: [peer], bgpAdvertisements: [{ name: "all" }] };
  t.deepEqual(
    objects(bgp).map(({ kind }) => kind),
    ["IPAddressPool", "BGPPeer", "BGPAdvertisement"],
  );
  t.true(objects({ ...bgp, l2Advertisements: [{ name: "l2" }] }).some(({ kind }) => kind === "L2Advertisement"));
});

test("a peer, its password in a Secret of its own", (t) => {
  const made = objects({ bgpPeers: [{ ...peer, password: "s3cret", holdTime: "90s", nodes: { rack: "a" } }] });
  const secret = made.find(({ kind }) => kind === "Secret");
  t.like(secret, { metadata: { name: "bgp-password-tor-1" }, type: "kubernetes.io/basic-auth" });
  t.notRegex(JSON.stringify(made), /s3cret/);
  const { apiVersion, spec } = made.find(({ kind }) => kind === "BGPPeer") ?? {};
  t.is(apiVersion, "metallb.io/v1beta2");
  t.deepEqual(spec, {
    myASN: 64_512,
    peerASN: 64_513,
    peerAddress: "10.0.0.1",
    peerPort: 179,
    holdTime: "90s",
    passwordSecret: { name: "bgp-password-tor-1", namespace: "metallb-system" },
    nodeSelectors: [{ matchLabels: { rack: "a" } }],
  });
});

test("the role names its secrets, so that they are masked", (t) => {
  const role = metallb({ pools, bgpPeers: [{ ...peer, password: "s3cret" }] });
  t.true(role.secrets.some((secret) => secret instanceof Secret && secret.reveal() === "s3cret"));
  t.notRegex(JSON.stringify(role.tasks), /s3cret/);
});

test("an advertisement of BGP says what it is told", (t) => {
  const advertisement = {
    name: "out",
    pools: ["default"],
    peers: ["tor-1"],
    localPref: 200,
    communities: ["65535:65282"],
  };
  const made = objects({ bgpPeers: [peer], bgpAdvertisements: [advertisement] });
  t.deepEqual(made.at(-1)?.spec, {
    aggregationLength: 32,
    aggregationLengthV6: 128,
    ipAddressPools: ["default"],
    peers: ["tor-1"],
    localPref: 200,
    communities: ["65535:65282"],
  });
});

const values: readonly [string, object, object][] = [
  ["L2 needs no FRR", {}, { frrk8s: { enabled: false }, speaker: { frr: { enabled: false }, ignoreExcludeLB: false } }],
  ["FRR comes where it is asked for", { bgpBackend: "frr-k8s" }, { frrk8s: { enabled: true } }],
  [
    "control planes answer where they are included",
    { controlPlanes: "included" },
    { speaker: { ignoreExcludeLB: true } },
  ],
  [
    "values of the user are laid over",
    { values: { speaker: { logLevel: "debug" } } },
    { speaker: { logLevel: "debug", frr: { enabled: false } } },
  ],
];

for (const [title, change, expected] of values) {
  test(title, (t) => t.like(metallbValues(settings(change)), expected));
}

const six = [{ name: "six", addresses: ["2001:db8::/120"] }];

const refused: readonly [string, object, RegExp][] = [
  ["no pool", { pools: [] }, /pools: /],
  [
    "an address that is no range",
    { pools: [{ name: "a", addresses: ["10.0.0.1"] }] },
    /pools\.0\.addresses\.0: has to be a network/,
  ],
  [
    "a range from last to first",
    { pools: [{ name: "a", addresses: ["10.0.0.9-10.0.0.1"] }] },
    /addresses\.0: has to be/,
  ],
  [
    "pools that overlap",
    { pools: [...pools, { name: "b", addresses: ["10.0.0.220/32"] }] },
    /pools: default 10\.0\.0\.200-10\.0\.0\.220 and b 10\.0\.0\.220\/32 overlap/,
  ],
  [
    "a pool that overlaps with itself",
    { pools: [{ name: "a", addresses: ["10.0.0.0/24", "10.0.0.9/32"] }] },
    /pools: a 10\.0\.0\.0\/24 and a 10\.0\.0\.9\/32 overlap/,
  ],
  [
    "two pools of one name",
    { pools: [...pools, { name: "default", addresses: ["10.1.0.0/24"] }] },
    /pools: names default twice/,
  ],
  ["a pool that nobody has", { l2Advertisements: [{ name: "a", pools: ["x"] }] }, /l2Advertisements: a names pool x/],
  [
    "a peer that nobody has",
    { bgpPeers: [peer], bgpAdvertisements: [{ name: "a", peers: ["x"] }] },
    /bgpAdvertisements: a names peer x/,
  ],
  ["advertisements without peers", { bgpAdvertisements: [{ name: "a" }] }, /bgpAdvertisements: need bgpPeers/],
  [
    "IPv6 by MetalLB's own BGP",
    { pools: six, bgpPeers: [peer], bgpAdvertisements: [{ name: "a" }] },
    /bgpBackend: has to be frr-k8s: pool six announces IPv6/,
  ],
  [
    "large communities by MetalLB's own BGP",
    { bgpPeers: [peer], bgpAdvertisements: [{ name: "a", communities: ["large:1:2:3"] }] },
    /bgpBackend: has to be frr-k8s: a has a large community/,
  ],
  [
    "hops to a peer of the same AS",
    { bgpPeers: [{ ...peer, peerAsn: 64_512, ebgpMultiHop: true }] },
    /ebgpMultiHop: is for a peer/,
  ],
];

for (const [title, change, expected] of refused) {
  test(`metallb refuses ${title}`, (t) => {
    const message = t.throws(() => metallb({ pools, ...change } as Params), { instanceOf: UsageError })?.message;
    t.regex(message ?? "", expected);
  });
}

test("IPv6 in a pool of L2 is fine", (t) => t.notThrows(() => metallb({ pools: six as Params["pools"] })));
