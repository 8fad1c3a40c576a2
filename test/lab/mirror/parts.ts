import { readFileSync } from "node:fs";
import { debianPart } from "./debian-packages.ts";
import { goPart } from "./go-program.ts";
import type { Part } from "./part.ts";
import {
  flannelPluginModule,
  flannelVersion,
  helmVersion,
  type KubernetesRelease,
  kubernetesReleases,
  metallbVersion,
  minorOf,
  toolsSuite,
} from "./versions.ts";

/** All programs of a release in one, `bin/kubernetes`. */
export function kubernetes({ version }: KubernetesRelease): Part {
  const [major, minor, patch] = version.split(".");
  const stamp = {
    gitVersion: `v${version}`,
    gitMajor: `${major}`,
    gitMinor: `${minor}`,
    gitCommit: "0".repeat(40),
    gitTreeState: "clean",
    buildDate: "2026-01-01T00:00:00Z",
  };
  const stamped = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"];
  return goPart({
    name: "kubernetes",
    version,
    modules: { "k8s.io/kubernetes": `v${version}` },
    staging: `v0.${minor}.${patch}`,
    main: programSource("kubernetes"),
    packages: ["."],
    variables: Object.fromEntries(
      stamped.flatMap((path) => Object.entries(stamp).map(([name, value]) => [`${path}.${name}`, value])),
    ),
  });
}

/** `bin/etcd`, which is etcdctl too. */
export function etcd({ etcd: version }: KubernetesRelease): Part {
  return goPart({
    name: "etcd",
    version,
    modules: { "go.etcd.io/etcd/server/v3": `v${version}`, "go.etcd.io/etcd/etcdctl/v3": `v${version}` },
    main: programSource("etcd"),
    packages: ["."],
  });
}

const plugins = "github.com/containernetworking/plugins";

/** `bin/bridge` and the other network plugins of upstream's package. */
export function cniPlugins({ cniPlugins: version }: KubernetesRelease): Part {
  const names = {
    main: ["bridge", "dummy", "host-device", "ipvlan", "loopback", "macvlan", "ptp", "tap", "vlan"],
    ipam: ["dhcp", "host-local", "static"],
    meta: ["bandwidth", "firewall", "portmap", "sbr", "tuning", "vrf"],
  };
  return goPart({
    name: "cni-plugins",
    version,
    modules: { [plugins]: `v${version}` },
    packages: Object.entries(names).flatMap(([kind, of]) => of.map((name) => `${plugins}/plugins/${kind}/${name}`)),
    variables: { [`${plugins}/pkg/utils/buildversion.BuildVersion`]: `v${version}` },
  });
}

/** `bin/flannel`: the plugin that hands on to bridge what flanneld found out. */
export const flannelPlugin = goPart({
  name: "flannel-plugin",
  version: flannelPluginModule,
  modules: { [plugins]: `v${flannelPluginModule}` },
  packages: [`${plugins}/plugins/meta/flannel`],
});

export function coredns({ coredns: version }: KubernetesRelease): Part {
  const module = "github.com/coredns/coredns";
  return goPart({ name: "coredns", version, modules: { [module]: `v${version}` }, packages: [module] });
}

export function criTools({ criTools: version }: KubernetesRelease): Part {
  const module = "sigs.k8s.io/cri-tools";
  return goPart({
    name: "crictl",
    version,
    modules: { [module]: `v${version}` },
    packages: [`${module}/cmd/crictl`],
    variables: { [`${module}/pkg/version.Version`]: version },
  });
}

const [, newestMinor = ""] = minorOf(kubernetesReleases.at(-1)?.version ?? "").split(".");

/** Without the last variables helm takes every cluster that it cannot ask for a Kubernetes 1.20. */
export const helm = goPart({
  name: "helm",
  version: helmVersion,
  modules: { "helm.sh/helm/v3": `v${helmVersion}` },
  packages: ["helm.sh/helm/v3/cmd/helm"],
  variables: {
    "helm.sh/helm/v3/internal/version.version": `v${helmVersion}`,
    "helm.sh/helm/v3/pkg/lint/rules.k8sVersionMajor": "1",
    "helm.sh/helm/v3/pkg/lint/rules.k8sVersionMinor": newestMinor,
    "helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor": "1",
    "helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor": newestMinor,
  },
});

/** `bin/flanneld` and `chart/`. Left out: udp, which needs a C compiler, and clouds, whose modules are not to be had. */
export const flannel = goPart({
  name: "flanneld",
  version: flannelVersion,
  modules: { "github.com/flannel-io/flannel": `v${flannelVersion}` },
  mainWithout: 'backend/(udp|tencentvpc|alivpc|awsvpc|ipsec)"',
  packages: ["."],
  variables: { "github.com/flannel-io/flannel/pkg/version.Version": `v${flannelVersion}` },
  keep: { chart: "chart/kube-flannel" },
});

/** `bin/controller`, `bin/speaker` and `chart/`. */
export const metallb = goPart({
  name: "metallb",
  version: metallbVersion,
  modules: { "go.universe.tf/metallb": `v${metallbVersion}` },
  packages: ["go.universe.tf/metallb/controller", "go.universe.tf/metallb/speaker"],
  keep: { chart: "charts/metallb" },
});

export const pause = goPart({
  name: "pause",
  version: "1",
  modules: {},
  main: programSource("pause"),
  packages: ["."],
});

/** What kube-proxy and flanneld call to set up rules and links. */
export const networkTools = debianPart({
  name: `network-tools-${toolsSuite}`,
  suite: toolsSuite,
  packages: ["conntrack", "iproute2", "iptables", "nftables"],
  dependencies: true,
  without: ["usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/lintian", "usr/share/bug", "var"],
  links: Object.fromEntries(
    ["", "-save", "-restore"].flatMap((end) => [
      [`usr/sbin/iptables${end}`, "xtables-nft-multi"],
      [`usr/sbin/ip6tables${end}`, "xtables-nft-multi"],
    ]),
  ),
});

export const busybox = debianPart({
  name: `busybox-${toolsSuite}`,
  suite: toolsSuite,
  packages: ["busybox-static"],
  dependencies: false,
  without: ["usr/share", "etc"],
});

/** All of them, the long builds first. */
export function allParts(): Part[] {
  const parts = [
    ...kubernetesReleases.flatMap((release) => [
      kubernetes(release),
      etcd(release),
      cniPlugins(release),
      coredns(release),
      criTools(release),
    ]),
    ...[flannelPlugin, helm, flannel, metallb, pause, networkTools, busybox],
  ];
  return parts.filter((part, at) => parts.findIndex(({ name }) => name === part.name) === at);
}

function programSource(name: string): string {
  return readFileSync(new URL(`programs/${name}/main.go`, import.meta.url), "utf8");
}
