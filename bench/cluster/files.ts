import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Secret, SecretText } from "../../lib/secrets/secret.ts";
import { quote } from "../../lib/shell/quote.ts";
import { sourcesText } from "../../lib/tasks/apt-source.ts";
import { BaseParams } from "../../roles/base/index.ts";
import { containerdConfig } from "../../roles/containerd/config.toml.ts";
import { hostsToml } from "../../roles/containerd/hosts.toml.ts";
import { ContainerdParams } from "../../roles/containerd/index.ts";
import { haproxyCfg } from "../../roles/haproxy-stacked/haproxy.cfg.ts";
import { HaproxyStackedParams } from "../../roles/haproxy-stacked/index.ts";
import { KeepalivedParams } from "../../roles/keepalived/index.ts";
import { keepalivedConf } from "../../roles/keepalived/keepalived.conf.ts";
import { ClusterShape, KubeletSettings } from "../../roles/kubeadm/cluster.ts";
import { initConfig, joinConfig } from "../../roles/kubeadm/config.yaml.ts";
import { kubeletPatch } from "../../roles/kubeadm/kubelet-settings.ts";
import { crictlYaml } from "../../roles/kubernetes-packages/crictl.yaml.ts";
import { metallbObjects } from "../../roles/metallb/manifests.ts";
import { MetallbParams } from "../../roles/metallb/params.ts";
import { metallbValues } from "../../roles/metallb/values.ts";
import { flannelValues } from "../../roles/pod-network/flannel.ts";
import { PodNetworkParams } from "../../roles/pod-network/index.ts";
import { namespaceObject, testObjects } from "../../roles/smoke-test/manifests.ts";
import { SmokeTestParams } from "../../roles/smoke-test/params.ts";
import type { Lab } from "../../test/lab/lab.ts";
import type { ClusterInventory, ClusterNode } from "./inventory.ts";

/** Releases that playbooks/cluster.mts takes unless told. */
export const KUBERNETES = "1.36.4";
const HELM = "3.21.4";
/** Debian 12's. */
const CONTAINERD = "1.6.20";
const BIND_PORT = 6444;

type Files = Readonly<Record<string, string>>;

/**
 * Writes the folder of `plain.sh`. Its files are made by the functions that the roles have them from, so that both
 * clusters are configured the same; the script is only told of them.
 */
export async function writeFiles(lab: Lab, inventory: ClusterInventory, folder: string): Promise<void> {
  const nodes = [...inventory.controlPlanes, ...inventory.workers];
  await write(join(folder, "common"), { settings: settings(lab, inventory), ...(await commonFiles(inventory)) });
  for (const node of nodes) {
    await write(join(folder, node.name), {
      hostname: `${node.name}\n`,
      ...(inventory.controlPlanes.includes(node) ? await controlPlaneFiles(node, inventory) : {}),
      ...kubeadmFiles(node, inventory),
      ...(node === inventory.controlPlanes[0] ? clusterFiles(inventory) : {}),
    });
  }
}

async function write(folder: string, files: Files): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { mode: 0o600 });
  }
}

function settings(lab: Lab, { vars, controlPlanes, workers }: ClusterInventory): string {
  const names = (nodes: readonly ClusterNode[]) => nodes.map(({ name }) => name).join(" ");
  const [first] = lab.hosts;
  const values = {
    NODES: names([...controlPlanes, ...workers]),
    CONTROL_PLANES: names(controlPlanes),
    FIRST: names(controlPlanes.slice(0, 1)),
    OTHERS: names(controlPlanes.slice(1)),
    WORKERS: names(workers),
    SSH_USER: first?.user ?? "root",
    SSH_KEY: lab.keyFile,
    KNOWN_HOSTS: lab.knownHostsFile,
    ENDPOINT: `${virtualAddressOf(vars)}:6443`,
    BASE_PACKAGES: BaseParams.parse({}).packages.join(" "),
    KUBERNETES,
    HELM,
    CHARTS: vars.charts,
    FLANNEL: podNetworkOf(vars).flannel.chart.version,
    METALLB: metallbOf(vars).chart.version,
    TEST_NAMESPACE: TEST.namespace,
    TEST_LINE: TEST.line,
  };
  const addresses = [...controlPlanes, ...workers].map(({ name, address }) => `[${name}]=${address}`);
  const lines = Object.entries(values).map(([name, value]) => `${name}=${quote(value)}\n`);
  return `${lines.join("")}declare -A ADDRESS=(${addresses.join(" ")})\n`;
}

async function commonFiles({ vars, controlPlanes, workers }: ClusterInventory): Promise<Files> {
  const { modules, sysctls } = BaseParams.parse({});
  const containerd = ContainerdParams.parse({
    cgroupDriver: vars.cgroup_driver,
    restrictOomScoreAdj: vars.restrict_oom_score_adj,
    registries: vars.registries,
  });
  const registries = Object.entries(containerd.registries).map(([name, registry]) => {
    return [`certs.d/${name}/hosts.toml`, hostsToml(registry)];
  });
  return {
    hosts: [...controlPlanes, ...workers].map(({ name, address }) => `${address}\t${name}\n`).join(""),
    "modules.conf": modules.map((name) => `${name}\n`).join(""),
    "sysctl.conf": Object.entries(sysctls)
      .map(([key, value]) => `${key} = ${value}\n`)
      .join(""),
    "config.toml": containerdConfig(CONTAINERD, containerd),
    ...Object.fromEntries(registries),
    "crictl.yaml": crictlYaml("unix:///run/containerd/containerd.sock"),
    ...(await source("kubernetes", kubernetesUrl(vars.kubernetes_repository), vars.kubernetes_key.file)),
    "patches/kubeletconfiguration+merge.yaml": kubeletPatch(kubeletOf(vars)),
  };
}

async function source(name: string, url: string, key: string): Promise<Files> {
  const keyFile = `/etc/apt/keyrings/${name}.asc`;
  return {
    [`${name}.asc`]: await readFile(key, "utf8"),
    [`${name}.sources`]: sourcesText({ url, suite: "/", components: [], keyFile }),
  };
}

function kubernetesUrl(repository: string): string {
  return repository.replaceAll("{minor}", KUBERNETES.split(".").slice(0, 2).join("."));
}

async function controlPlaneFiles(node: ClusterNode, { vars, controlPlanes }: ClusterInventory): Promise<Files> {
  const keepalived = keepalivedConf(
    KeepalivedParams.parse({
      virtualAddress: vars.virtual_address,
      interface: vars.interface,
      address: node.address,
      peers: controlPlanes.filter(({ name }) => name !== node.name).map(({ address }) => address),
      priority: 200 - controlPlanes.indexOf(node),
      track: vars.keepalived_track,
      password: vars.keepalived_password,
    }),
  );
  return {
    "haproxy.cfg": haproxyCfg(HaproxyStackedParams.parse({ servers: controlPlanes })),
    "keepalived.conf": keepalived instanceof SecretText ? keepalived.reveal() : keepalived,
    ...(await source("helm", vars.helm_repository.url, vars.helm_repository.key.file)),
  };
}

/** What kubeadm is told. What is secret, or known later, is put in by the script. */
function kubeadmFiles(node: ClusterNode, { vars, controlPlanes }: ClusterInventory): Files {
  const params = ClusterShape.parse({
    ...node,
    controlPlanes,
    endpoint: { address: virtualAddressOf(vars), port: 6443 },
    bindPort: BIND_PORT,
    kubernetesVersion: KUBERNETES,
    kubelet: kubeletOf(vars),
    ignorePreflightErrors: vars.kubeadm_ignore,
    podSubnet: vars.pod_network,
    serviceSubnet: vars.service_network,
    kubeProxy: vars.kube_proxy,
  });
  const secrets = { token: new Secret("@TOKEN@"), certificateKey: new Secret("@KEY@") };
  if (node === controlPlanes[0]) {
    // Certificates are uploaded by init itself: one upload for all joins.
    return { "init.yaml": `certificateKey: "@KEY@"\n${initConfig(params, secrets).reveal()}` };
  }
  const controlPlane = { bindPort: BIND_PORT, schedulable: false };
  const joining = { secrets, caHash: "@AUTHORITY@", ...(controlPlanes.includes(node) && { controlPlane }) };
  return { "join.yaml": joinConfig(params, joining).reveal() };
}

/** What the first control plane sets up in the cluster. */
function clusterFiles({ vars, controlPlanes, workers }: ClusterInventory): Files {
  const network = podNetworkOf(vars);
  const metallb = metallbOf(vars);
  const objects = testObjects({
    ...TEST,
    image: SmokeTestParams.parse({}).image,
    server: workers[0]?.name ?? "",
    client: controlPlanes[0]?.name ?? "",
  });
  const list = (items: readonly object[]) => ({ apiVersion: "v1", kind: "List", items });
  const files = {
    "kube-flannel.json": namespace("kube-flannel", ["enforce"]),
    "flannel.json": flannelValues({ ...network.flannel, ...network }),
    "metallb-system.json": namespace("metallb-system", ["enforce", "audit", "warn"]),
    "metallb.json": metallbValues(metallb),
    "pools.json": list(metallbObjects(metallb)),
    "test-namespace.json": namespaceObject(TEST.namespace),
    "test.json": objects,
  };
  return Object.fromEntries(Object.entries(files).map(([name, value]) => [name, JSON.stringify(value)]));
}

const TEST = { namespace: "smoke-test", line: "hello from the smoke test" } as const;

function namespace(name: string, modes: readonly string[]): object {
  const labels = Object.fromEntries(modes.map((mode) => [`pod-security.kubernetes.io/${mode}`, "privileged"]));
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
}

type Vars = ClusterInventory["vars"];

function kubeletOf({ cgroup_driver: cgroupDriver, kubelet }: Vars) {
  return KubeletSettings.parse({ cgroupDriver, ...kubelet });
}

function virtualAddressOf({ virtual_address: address }: Vars): string {
  return address.split("/")[0] ?? address;
}

function podNetworkOf({ pod_network: podNetwork, service_network: serviceNetwork, charts: repository }: Vars) {
  return PodNetworkParams.parse({
    provider: "flannel",
    podNetwork,
    serviceNetwork,
    flannel: { chart: { repository } },
  });
}

function metallbOf({ load_balancer_addresses: addresses, charts: repository }: Vars) {
  return MetallbParams.parse({ pools: [{ name: "default", addresses }], chart: { repository } });
}
