import { stringify } from "yaml";
import { type Secret, type SecretText, secretText } from "../../lib/secrets/secret.ts";
import { type ClusterNodeParams, hostPort, type NodeParams, PATCHES } from "./cluster.ts";

/** The token by which a node proves itself, and the key that the certificates lie encrypted with. */
export interface JoinSecrets {
  readonly token: Secret;
  readonly certificateKey: Secret;
}

const API = "kubeadm.k8s.io/v1beta4";

/**
 * What forms this control plane, without anything secret: the record on its disk, and the base of `kubeadm init`.
 *
 * @see Kubernetes documentation, "kubeadm Configuration (v1beta4)"
 */
export function controlPlaneConfig(params: ClusterNodeParams): string {
  return documents(
    {
      apiVersion: API,
      kind: "InitConfiguration",
      localAPIEndpoint: { advertiseAddress: params.address, bindPort: params.bindPort },
      nodeRegistration: nodeRegistration(params, params.schedulable),
      patches: { directory: PATCHES },
    },
    clusterConfiguration(params),
    { apiVersion: "kubelet.config.k8s.io/v1beta1", kind: "KubeletConfiguration", ...params.kubelet },
    { apiVersion: "kubeproxy.config.k8s.io/v1alpha1", kind: "KubeProxyConfiguration", ...params.kubeProxy },
  );
}

/** The same for `kubeadm init`, with a token of its own: without one kubeadm makes one that lives for a day. */
export function initConfig(params: ClusterNodeParams, { token }: JoinSecrets): SecretText {
  const [first = "", ...rest] = controlPlaneConfig(params).split("---\n");
  return secretText`${first}bootstrapTokens:\n  - token: ${token}\n    ttl: 15m0s\n---\n${rest.join("---\n")}`;
}

/** For phases that need only the key, and a version so that kubeadm does not ask the internet for one. */
export function uploadCertsConfig({ kubernetesVersion }: { kubernetesVersion: string }, key: Secret): SecretText {
  const cluster = documents({ apiVersion: API, kind: "ClusterConfiguration", kubernetesVersion });
  return secretText`apiVersion: ${API}\nkind: InitConfiguration\ncertificateKey: ${key}\n---\n${cluster}`;
}

interface JoinOptions {
  readonly secrets: JoinSecrets;
  readonly caHash: string;
  /** As a control plane; a worker unless told. */
  readonly controlPlane?: { readonly bindPort: number; readonly schedulable: boolean };
}

/** For `kubeadm join`. */
export function joinConfig(params: NodeParams, { secrets, caHash, controlPlane }: JoinOptions): SecretText {
  const registration = documents({
    nodeRegistration: nodeRegistration(params, controlPlane?.schedulable ?? false),
    patches: { directory: PATCHES },
  });
  const head = secretText`apiVersion: ${API}
kind: JoinConfiguration
discovery:
  bootstrapToken:
    apiServerEndpoint: ${JSON.stringify(hostPort(params.endpoint))}
    token: ${secrets.token}
    caCertHashes: [${JSON.stringify(caHash)}]
${registration}`;
  if (!controlPlane) return head;
  return secretText`${head}controlPlane:
  certificateKey: ${secrets.certificateKey}
  localAPIEndpoint:
    advertiseAddress: ${JSON.stringify(params.address)}
    bindPort: ${controlPlane.bindPort}
`;
}

/** `node-ip` on every node: left alone, kubelet may take the virtual address for its own. */
function nodeRegistration(params: NodeParams, schedulable: boolean) {
  return {
    name: params.name,
    criSocket: params.criSocket,
    kubeletExtraArgs: [{ name: "node-ip", value: params.address }],
    ...(schedulable && { taints: [] }),
    ...(params.ignorePreflightErrors.length > 0 && { ignorePreflightErrors: params.ignorePreflightErrors }),
  };
}

function clusterConfiguration(params: ClusterNodeParams) {
  const { apiServer, controllerManager, scheduler, etcd } = params.extraArgs;
  return {
    apiVersion: API,
    kind: "ClusterConfiguration",
    kubernetesVersion: `v${params.kubernetesVersion}`,
    clusterName: params.clusterName,
    controlPlaneEndpoint: hostPort(params.endpoint),
    imageRepository: params.imageRepository,
    networking: {
      podSubnet: params.podSubnet,
      serviceSubnet: params.serviceSubnet,
      dnsDomain: params.dnsDomain,
    },
    apiServer: { certSANs: [...new Set([params.endpoint.address, ...params.certSANs])], ...argsOf(apiServer) },
    controllerManager: argsOf(controllerManager),
    scheduler: argsOf(scheduler),
    ...(Object.keys(etcd).length > 0 && { etcd: { local: argsOf(etcd) } }),
  };
}

function argsOf(args: Readonly<Record<string, string>>) {
  const list = Object.entries(args).map(([name, value]) => ({ name, value }));
  return list.length > 0 ? { extraArgs: list } : {};
}

function documents(...values: readonly object[]): string {
  return values.map((value) => stringify(value, { lineWidth: 0 })).join("---\n");
}
