import type { HostReadiness } from "../../lib/reads/host-readiness-record.ts";
import type { Finding } from "./checks.ts";
import type { PreflightNode } from "./nodes.ts";
import type { PreflightSettings } from "./params.ts";

/** A port of Kubernetes, and the programs that may listen there. */
interface NeededPort {
  readonly port: number;
  readonly programs: readonly string[];
}

/**
 * Ports of the host's role that somebody else listens on. Those whose program cannot be told count where nothing of
 * Kubernetes is there yet.
 */
export function portFindings(
  node: PreflightNode,
  { listeners, files }: HostReadiness,
  settings: Pick<PreflightSettings, "ports" | "virtualAddress">,
): readonly Finding[] {
  return neededPorts(node, settings).flatMap(({ port, programs }): readonly Finding[] => {
    const listener = listeners.find((each) => each.port === port);
    if (!listener || (listener.processes.length === 0 && files.length > 0)) return [];
    const others = listener.processes.filter(({ name }) => !programs.some((program) => isProgram(name, program)));
    if (others.length === 0 && listener.processes.length > 0) return [];
    const who = others.map(({ name, pid }) => `${name} (pid ${pid})`).join(", ") || "a program that cannot be told";
    const text = `port ${port} is for ${programs.join(" or ")}, and ${who} listens there; stop it, or give one of them another port`;
    return [{ check: "ports", host: node.name, text }];
  });
}

/** The kernel keeps 15 characters of a name: kube-controller-manager is `kube-controller`. */
function isProgram(name: string, program: string): boolean {
  return name === program.slice(0, 15);
}

function neededPorts(
  { role }: PreflightNode,
  { ports, virtualAddress }: Pick<PreflightSettings, "ports" | "virtualAddress">,
): readonly NeededPort[] {
  const kubelet = { port: ports.kubelet, programs: ["kubelet"] };
  if (role === "worker") return [kubelet];
  const apiserver = ports.apiserver ?? (virtualAddress === undefined ? ports.api : 6444);
  const api =
    apiserver === ports.api
      ? [{ port: apiserver, programs: ["kube-apiserver"] }]
      : [
          { port: ports.api, programs: ["haproxy"] },
          { port: apiserver, programs: ["kube-apiserver"] },
        ];
  return [
    ...api,
    { port: ports.etcdClient, programs: ["etcd"] },
    { port: ports.etcdPeer, programs: ["etcd"] },
    kubelet,
    { port: ports.controllerManager, programs: ["kube-controller-manager"] },
    { port: ports.scheduler, programs: ["kube-scheduler"] },
  ];
}
