import { type KernelModuleState, kernelModule } from "./kernel-module.ts";
import { parseSwap, type SwapState } from "./swap.ts";

export interface InterfaceAddress {
  readonly interface: string;
  readonly address: string;
  /** Length of its network. */
  readonly prefix: number;
}

/** A TCP port that somebody listens on. `processes` is empty where they cannot be told. */
export interface Listener {
  readonly port: number;
  readonly processes: readonly { readonly name: string; readonly pid: number }[];
}

/** What a host saw of the address that it tried. */
export type Probe =
  | { readonly kind: "own" }
  | { readonly kind: "untried" }
  /** `neighbour`: the hardware address that claims it, where the kernel has just confirmed it. */
  | { readonly kind: "tried"; readonly answered: boolean; readonly neighbour: string | undefined };

/** Files of kubeadm below /etc/kubernetes that are there. */
export type KubernetesFile = "admin.conf" | "kubelet.conf" | "manifests/kube-apiserver.yaml";

export interface HostReadiness {
  /** The host's clock in milliseconds since 1970, when it began to answer and when it ended. */
  readonly clock: { readonly first: ClockReading; readonly last: ClockReading };
  /** `Linux` */
  readonly system: string;
  /** As the kernel calls it: `x86_64`, `aarch64`. */
  readonly architecture: string;
  readonly hostname: string;
  /** Empty where there is none. */
  readonly machineId: string;
  /** Lower case; `undefined` where the firmware tells none. */
  readonly productUuid: string | undefined;
  /** It shares its kernel and firmware with others. */
  readonly container: boolean;
  readonly memoryMib: number;
  readonly cpus: number;
  readonly cgroupVersion: 1 | 2;
  readonly swap: SwapState;
  /** `undefined` where there is no `ip` to ask. */
  readonly addresses: readonly InterfaceAddress[] | undefined;
  readonly hardwareAddresses: readonly string[];
  readonly listeners: readonly Listener[];
  /** Modules that are neither loaded, built in, nor to be had. */
  readonly missingModules: readonly string[];
  /** Versions as they are printed, without a leading `v`; `undefined` where there is none. */
  readonly kubelet: string | undefined;
  readonly kubeadm: string | undefined;
  /** Of the image in the apiserver's manifest. */
  readonly apiserver: string | undefined;
  readonly files: readonly KubernetesFile[];
  /** Digest of the cluster's certificate authority. */
  readonly authority: string | undefined;
  readonly probe: Probe | undefined;
}

/** A time that is known to lie between these two: a `date` without `%N` tells whole seconds. */
export interface ClockReading {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The record of a `host-readiness`: sections that begin with a line `@NAME`, each the output of one program.
 *
 * @param modules the kernel modules that were asked about
 * @throws Error when the clock is missing, without which the answer is not whole
 */
export function parseHostReadiness(record: string, modules: readonly string[]): HostReadiness {
  const sections = sectionsOf(record);
  const lines = (name: string) => sections.get(name) ?? [];
  const first = (name: string) => lines(name)[0]?.trim() || undefined;
  const [system = "", hostname = "", architecture = ""] = (first("system") ?? "").split(" ");
  const present = new Set(lines("present"));
  return {
    clock: { first: parseClock(first("first")), last: parseClock(first("last")) },
    system,
    architecture,
    hostname,
    machineId: first("machine-id") ?? "",
    productUuid: first("product-uuid")?.toLowerCase(),
    container: lines("container").length > 0,
    memoryMib: Math.floor(Number(/\d+/.exec(first("memory") ?? "")?.[0] ?? 0) / 1024),
    cpus: Number(first("cpus") ?? 0),
    cgroupVersion: first("cgroup") === "2" ? 2 : 1,
    swap: parseSwap(lines("swap").join("\n")),
    addresses: lines("addresses").length > 0 ? lines("addresses").flatMap(parseAddress) : undefined,
    hardwareAddresses: lines("links").filter((line) => /[1-9a-f]/.test(line)),
    listeners: parseListeners(lines("listeners")),
    missingModules: parseModules(lines("modules"), modules).flatMap(({ now }, index) => {
      const name = modules[index] ?? "";
      return now.kind === "missing" && !present.has(name) ? [name] : [];
    }),
    kubelet: parseVersion(first("kubelet")),
    kubeadm: parseVersion(first("kubeadm")),
    apiserver: parseVersion(first("apiserver")),
    files: lines("files").filter((line): line is KubernetesFile => FILES.has(line)),
    authority: first("ca")?.split(" ")[0],
    probe: sections.has("probe") ? parseProbe(lines("probe")) : undefined,
  };
}

const FILES: ReadonlySet<string> = new Set(["admin.conf", "kubelet.conf", "manifests/kube-apiserver.yaml"]);

function sectionsOf(record: string): ReadonlyMap<string, readonly string[]> {
  const sections = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of record.split("\n")) {
    if (line.startsWith("@")) {
      current = [];
      sections.set(line.slice(1), current);
    } else if (line !== "") current.push(line);
  }
  return sections;
}

/** `1795257374.936060874`; busybox has no `%N` and prints `1795257340.%N`, or the dot alone. */
function parseClock(text: string | undefined): ClockReading {
  const [, seconds, fraction] = /^(\d+)\.(\d{9})?/.exec(text ?? "") ?? [];
  if (seconds === undefined) throw new Error(`no time but ${JSON.stringify(text)}`);
  const fromMs = Number(seconds) * 1000 + (fraction === undefined ? 0 : Number(fraction) / 1_000_000);
  return { fromMs, toMs: fraction === undefined ? fromMs + 1000 : fromMs };
}

/** A line of `ip -o addr show`: `2: host0    inet 10.0.0.11/24 brd …`. The peer of a tunnel stands before its slash. */
function parseAddress(line: string): readonly InterfaceAddress[] {
  const [, name, address, prefix] = /^\d+: (\S+)\s+inet6? ([0-9a-f.:]+)(?: peer [0-9a-f.:]+)?\/(\d+) /.exec(line) ?? [];
  if (name === undefined || address === undefined) return [];
  return [{ interface: name, address, prefix: Number(prefix) }];
}

/** Lines of `ss -H -lntp`, or `hex ADDRESS:PORT` of /proc/net/tcp; several of one port are one. */
function parseListeners(lines: readonly string[]): readonly Listener[] {
  const ports = new Map<number, Map<number, string>>();
  for (const line of lines) {
    const words = line.split(/\s+/);
    const place = (words[0] === "hex" ? words[1] : words[3])?.split(":").at(-1) ?? "";
    const port = Number.parseInt(place, words[0] === "hex" ? 16 : 10);
    if (Number.isNaN(port)) continue;
    const processes = ports.get(port) ?? new Map<number, string>();
    ports.set(port, processes);
    for (const [, name = "", pid] of line.matchAll(/\("([^"]*)",pid=(\d+)/g)) processes.set(Number(pid), name);
  }
  return [...ports].map(([port, processes]) => ({
    port,
    processes: [...processes].map(([pid, name]) => ({ name, pid })),
  }));
}

function parseModules(lines: readonly string[], modules: readonly string[]): readonly KernelModuleState[] {
  if (modules.length === 0) return [];
  const { kind } = kernelModule("");
  const output = Buffer.from(lines.map((line) => `${line}\n`).join(""));
  return kind.split(output, modules).map((record, index) => kind.parse(record, modules[index] ?? ""));
}

/** In `Kubernetes v1.36.4`, `v1.36.4`, or an image's tag with a digest behind it. */
function parseVersion(line: string | undefined): string | undefined {
  return /\bv?(\d+\.\d+\.\d+\S*?)(@|$|\s)/.exec(line ?? "")?.[1];
}

/** `answered` or `silent`, then a line of `ip neigh`: only REACHABLE says that somebody has answered just now. */
function parseProbe([result = "untried", ...neighbours]: readonly string[]): Probe {
  if (result === "own" || result === "untried") return { kind: result };
  const line = neighbours.find((each) => / lladdr \S+ .*REACHABLE/.test(each) || result === "answered");
  return { kind: "tried", answered: result === "answered", neighbour: / lladdr (\S+)/.exec(line ?? "")?.[1] };
}
