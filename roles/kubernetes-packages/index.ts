import { z } from "zod";
import { defineRole } from "../../lib/engine/role.ts";
import { ControllerPath } from "../../lib/params/controller-path.ts";
import { PackageName, PackageVersion } from "../../lib/params/packages.ts";
import { apt } from "../../lib/tasks/apt.ts";
import { aptSource, RepositoryUrl, SigningKey } from "../../lib/tasks/apt-source.ts";
import { file } from "../../lib/tasks/file.ts";
import { crictlYaml } from "./crictl.yaml.ts";
import { loadImages } from "./load-images.ts";

const Package = z.enum(["kubelet", "kubeadm", "kubectl", "cri-tools"]);

export const KubernetesPackagesParams = z
  .strictObject({
    version: z
      .string()
      .regex(/^1\.\d+\.\d+$/, "has to be a release of Kubernetes, such as 1.36.4")
      .describe("release of kubelet, kubeadm and kubectl, such as `1.36.4`; its minor decides the repository"),
    repository: z
      .string()
      .default("https://pkgs.k8s.io/core:/stable:/v{minor}/deb/")
      .describe("the minor's repository; `{minor}` stands for 1.36 and the like"),
    key: SigningKey.optional().describe(
      "what signs it: armored text, `{ file }` of the controller, or `{ url, sha256 }`; default: Release.key of the repository, over https",
    ),
    packages: z
      .array(Package)
      .nonempty()
      .default(["kubelet", "kubeadm", "kubectl", "cri-tools"])
      .describe("which of them; during an upgrade kubeadm goes ahead of the others"),
    criToolsVersion: PackageVersion.optional().describe(
      "version of cri-tools, or a pattern; default: the newest of the minor",
    ),
    dependencies: z
      .array(PackageName)
      .default(["conntrack", "ethtool", "iptables", "socat"])
      .describe("what kubelet and kubeadm call, and their packages do not always bring"),
    runtimeEndpoint: z
      .string()
      .regex(/^unix:\/\/\/\S+$/, "has to be a socket, such as unix:///run/containerd/containerd.sock")
      .default("unix:///run/containerd/containerd.sock")
      .describe("where crictl finds the runtime"),
    images: z
      .array(ControllerPath)
      .default([])
      .describe("archives of images on the controller, loaded into containerd where there is no registry"),
  })
  .transform((params, context) => {
    const minor = params.version.split(".").slice(0, 2).join(".");
    const url = RepositoryUrl.safeParse(params.repository.replaceAll("{minor}", minor));
    const refuse = (path: string, message: string) => {
      context.addIssue({ code: "custom", path: [path], message });
      return z.NEVER;
    };
    if (!url.success) return refuse("repository", url.error.issues[0]?.message ?? "is not valid");
    const releaseKey = SigningKey.safeParse({ url: `${url.data.replace(/\/*$/, "/")}Release.key` });
    const key = params.key ?? releaseKey.data;
    if (!key)
      return refuse("key", "is needed for a repository that is reached by http, where none can be fetched safely");
    return { ...params, minor, url: url.data, key };
  });

/**
 * kubelet, kubeadm, kubectl and crictl at one version, held, from the repository of their minor.
 *
 * Another version is an upgrade or a downgrade of the packages and of nothing else: a cluster is upgraded step by step,
 * one minor at a time. Until kubeadm has made the node part of a cluster, the kubelet starts again and again; that is
 * how its package is made.
 *
 * @example
 * kubernetesPackages({ version: "1.36.4" })
 * kubernetesPackages({
 *   version: "1.36.4",
 *   repository: "https://mirror.example.com/kubernetes/v{minor}/deb/",
 *   key: { file: new URL("files/mirror.asc", import.meta.url) },
 *   images: ["/srv/kubernetes/images-1.36.4.tar"],
 * })
 * @throws UsageError for parameters that are not valid, a key or an archive that cannot be read among them
 * @see Kubernetes documentation, "Installing kubeadm" and "Changing the Kubernetes package repository"
 */
export const kubernetesPackages = defineRole({
  name: "kubernetesPackages",
  params: KubernetesPackagesParams,
  tasks: ({ version, minor, url, key, packages, criToolsVersion, dependencies, runtimeEndpoint, images }) => {
    // The revision behind the release is the repository's own affair.
    const versionOf = (name: string) => (name === "cri-tools" ? (criToolsVersion ?? `${minor}.*`) : `${version}-*`);
    const [first, ...rest] = packages.map((name) => ({ name, version: versionOf(name) }));
    const [dependency, ...others] = dependencies;
    return [
      ...aptSource({
        name: "kubernetes",
        url,
        suite: "/",
        components: [],
        key,
        keyName: `kubernetes-v${minor}`,
      }),
      ...(dependency === undefined ? [] : [apt({ packages: [dependency, ...others] })]),
      ...(first === undefined ? [] : [apt({ packages: [first, ...rest], hold: true })]),
      file({ path: "/etc/crictl.yaml", content: crictlYaml(runtimeEndpoint) }),
      ...images.map((archive) => loadImages({ archive })),
    ];
  },
});
