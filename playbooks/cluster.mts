// The plays that the playbooks of a cluster share.
import { homedir } from "node:os";
import { type Play, play, type Role } from "hostwright";
import { base } from "hostwright/roles/base";
import { containerd } from "hostwright/roles/containerd";
import { haproxyStacked } from "hostwright/roles/haproxy-stacked";
import { helm } from "hostwright/roles/helm";
import { keepalived } from "hostwright/roles/keepalived";
import { kubeadmMaster } from "hostwright/roles/kubeadm-master";
import { kubeadmWorker } from "hostwright/roles/kubeadm-worker";
import { kubeconfig } from "hostwright/roles/kubeconfig";
import { kubernetesPackages } from "hostwright/roles/kubernetes-packages";
import { metallb } from "hostwright/roles/metallb";
import { podNetwork } from "hostwright/roles/pod-network";
import { preflight } from "hostwright/roles/preflight";
import { smokeTest } from "hostwright/roles/smoke-test";
import type { ClusterHost, ClusterVars } from "./cluster-vars.mts";

/** What a role takes, where a variable is handed on as it is: the role checks it. */
type First<F extends (params: never) => unknown> = Parameters<F>[0];

const named = ({ name, address }: ClusterHost) => ({ name, address });
const controlPlanesOf = (host: ClusterHost) => host.group("control_plane");
const isControlPlane = (host: ClusterHost) => host.groups.includes("control_plane");
/** A group that an inventory need not have. */
const workersOf = (host: ClusterHost) => host.group("kubernetes").filter((each) => !isControlPlane(each));

/** Where API servers listen: behind a balancer of the same host they leave its port to it. */
export const bindPortOf = (host: ClusterHost) => (host.vars.virtual_address ? 6444 : 6443);

/** Where everybody reaches the API: the virtual address, or the only control plane. */
function endpointOf(host: ClusterHost) {
  const [address = controlPlanesOf(host)[0]?.address ?? host.address] = host.vars.virtual_address?.split("/") ?? [];
  return { address, port: 6443 };
}

function nodeOf(host: ClusterHost) {
  const { vars } = host;
  return {
    ...named(host),
    controlPlanes: controlPlanesOf(host).map(named),
    endpoint: endpointOf(host),
    bindPort: bindPortOf(host),
    kubernetesVersion: vars.kubernetes_version,
    kubelet: { cgroupDriver: vars.cgroup_driver, ...vars.kubelet },
    labels: vars.node_labels,
    ignorePreflightErrors: vars.kubeadm_ignore,
    repair: vars.repair,
  };
}

/** Which hosts a play is for, among those of its pattern. */
export type Only = (host: ClusterHost) => boolean;
const everyHost: Only = () => true;

function playFor(only: Only) {
  return (
    title: string,
    pattern: string,
    roles: (host: ClusterHost) => readonly Role[],
    options = {},
  ): Play<ClusterVars> => play(title, pattern, options, (host) => (only(host) ? roles(host) : []));
}

/** Looks at all hosts before anything is changed. */
export function examine(): readonly Play<ClusterVars>[] {
  return [
    play("Look before anything is changed", "control_plane[0]", { maxFailures: 0 }, (host) => [
      preflight({
        controlPlanes: controlPlanesOf(host).map(named),
        workers: workersOf(host).map(named),
        ...(host.vars.virtual_address !== undefined && {
          virtualAddress: host.vars.virtual_address,
          interface: host.vars.interface,
        }),
        podNetwork: host.vars.pod_network,
        serviceNetwork: host.vars.service_network,
        kubernetesVersion: host.vars.kubernetes_version,
        // Names and swap are set right by role base.
        allow: [...new Set(["hostname", "swap", ...host.vars.preflight_allow])] as First<typeof preflight>["allow"],
      }),
    ]),
  ];
}

/** Runtime and packages on nodes; names of all nodes on all of them. */
export function prepare(only: Only = everyHost): readonly Play<ClusterVars>[] {
  const playOn = playFor(only);
  return [
    playOn("Prepare every node", "kubernetes", (host) => [
      base({
        hostname: host.name,
        hosts: host.group("kubernetes").map(({ name, address }) => ({ address, names: [name] })),
      }),
      containerd({
        cgroupDriver: host.vars.cgroup_driver,
        restrictOomScoreAdj: host.vars.restrict_oom_score_adj,
        registries: host.vars.registries as First<typeof containerd>["registries"],
      }),
    ]),
  ];
}

/** The virtual address and the balancers behind it. */
export function balance(): readonly Play<ClusterVars>[] {
  return [
    play("Balance the API", "control_plane", (host) => {
      const { virtual_address: virtualAddress } = host.vars;
      const controlPlanes = controlPlanesOf(host);
      if (virtualAddress === undefined) return [];
      return [
        haproxyStacked({ servers: controlPlanes.map(named), idleTimeout: host.vars.balancer_idle_timeout }),
        keepalived({
          virtualAddress,
          interface: host.vars.interface,
          address: host.address,
          peers: controlPlanes.filter(({ name }) => name !== host.name).map(({ address }) => address),
          virtualRouterId: host.vars.virtual_router_id,
          // The first of the inventory takes the address first; nobody takes it back.
          priority: 200 - controlPlanes.findIndex(({ name }) => name === host.name),
          track: host.vars.keepalived_track,
          password: host.vars.keepalived_password,
        }),
      ];
    }),
  ];
}

/** kubeadm's packages, then the nodes by kubeadm: control planes one at a time, then workers. */
export function form(only: Only = everyHost): readonly Play<ClusterVars>[] {
  const playOn = playFor((host) => host.vars.kubernetes && only(host));
  return [
    playOn("Install Kubernetes", "kubernetes", (host) => [
      kubernetesPackages({
        version: host.vars.kubernetes_version,
        ...(host.vars.kubernetes_repository !== undefined && { repository: host.vars.kubernetes_repository }),
        key: host.vars.kubernetes_key as First<typeof kubernetesPackages>["key"],
      }),
      ...(isControlPlane(host)
        ? [
            helm({
              version: host.vars.helm_version,
              repository: host.vars.helm_repository as First<typeof helm>["repository"],
            }),
          ]
        : []),
    ]),
    playOn(
      "Form the control plane",
      "control_plane",
      (host) => [
        kubeadmMaster({
          ...nodeOf(host),
          clusterName: host.vars.cluster_name,
          podSubnet: host.vars.pod_network,
          serviceSubnet: host.vars.service_network,
          imageRepository: host.vars.image_repository,
          kubeProxy: host.vars.kube_proxy,
          resources: host.vars.control_plane_resources as First<typeof kubeadmMaster>["resources"],
          schedulable: host.vars.schedulable_control_planes,
        }),
      ],
      { maxFailures: 0 },
    ),
    playOn("Join the workers", "kubernetes:!control_plane", (host) => [
      kubeadmWorker({ ...nodeOf(host), taints: host.vars.node_taints as First<typeof kubeadmWorker>["taints"] }),
    ]),
  ];
}

/** What runs in the cluster, set up through its first control plane. */
export function furnish(): readonly Play<ClusterVars>[] {
  const playOn = playFor((host) => host.vars.kubernetes);
  return [
    playOn("Connect the pods", "control_plane[0]", ({ vars, group }) => [
      podNetwork({
        provider: vars.network_provider,
        podNetwork: vars.pod_network,
        serviceNetwork: vars.service_network,
        repair: vars.repair,
        ...(vars.charts !== undefined && { [vars.network_provider]: { chart: { repository: vars.charts } } }),
      }),
      ...(vars.load_balancer_addresses.length > 0
        ? [
            metallb({
              pools: [{ name: "default", addresses: vars.load_balancer_addresses }],
              // kubeadm keeps load balancers off control planes; where there is nobody else they have to answer.
              controlPlanes: group("kubernetes").every(isControlPlane) ? "included" : "excluded",
              repair: vars.repair,
              ...(vars.charts !== undefined && { chart: { repository: vars.charts } }),
            }),
          ]
        : []),
    ]),
  ];
}

/** Pods, DNS and services from node to node; then the administrator's access for whoever runs this. */
export function prove(): readonly Play<ClusterVars>[] {
  const playOn = playFor((host) => host.vars.kubernetes);
  return [
    playOn("Prove it", "control_plane[0]", ({ vars }) => [
      ...(vars.smoke_test === "never"
        ? []
        : [
            smokeTest({
              repeat: vars.smoke_test === "always" ? "always" : "when nodes change",
              ...(vars.smoke_test_image !== undefined && { image: vars.smoke_test_image }),
            }),
          ]),
      ...(vars.kubeconfig_file === undefined
        ? []
        : [
            kubeconfig({ file: vars.kubeconfig_file.replace(/^~(?=\/)/, homedir()), context: vars.kubeconfig_context }),
          ]),
    ]),
  ];
}
