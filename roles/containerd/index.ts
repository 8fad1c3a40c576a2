import { z } from "zod";
import { defineRole } from "../../lib/engine/role.ts";
import { AbsolutePath } from "../../lib/params/files.ts";
import { apt } from "../../lib/tasks/apt.ts";
import { directory } from "../../lib/tasks/directory.ts";
import { file } from "../../lib/tasks/file.ts";
import { systemd } from "../../lib/tasks/systemd.ts";
import { template } from "../../lib/tasks/template.ts";
import { containerdConfig } from "./config.toml.ts";
import { hostsToml } from "./hosts.toml.ts";
import { containerdRelease } from "./version.ts";

const RegistryUrl = z.url({ protocol: /^https?$/, error: "has to be a URL with http or https" });

const Registry = z.strictObject({
  server: RegistryUrl.optional(),
  mirrors: z
    .array(
      z.strictObject({
        url: RegistryUrl,
        capabilities: z.array(z.enum(["pull", "resolve", "push"])).default(["pull", "resolve"]),
        skipVerify: z.boolean().default(false),
        ca: AbsolutePath.optional(),
      }),
    )
    .min(1),
});

export const ContainerdParams = z.strictObject({
  package: z.enum(["containerd", "containerd.io"]).default("containerd").describe("Debian's package, or Docker's"),
  version: z.string().optional().describe("version of the package; default: the one that is there, or the newest"),
  cgroupDriver: z
    .enum(["systemd", "cgroupfs"])
    .default("systemd")
    .describe("who makes control groups; the kubelet's cgroupDriver has to be the same"),
  sandboxImage: z
    .string()
    .regex(/^\S+\/\S+:\S+$/, "has to be an image with its tag")
    .default("registry.k8s.io/pause:3.10.2")
    .describe("image of the pause container"),
  cniBinDir: AbsolutePath.default("/opt/cni/bin").describe("where the network's plugins are"),
  registries: z
    .record(z.string().regex(/^(_default|[a-z0-9.:-]+)$/, "has to be a registry's name, or _default for all"), Registry)
    .default({})
    .describe("mirrors by registry, as in `docker.io`; `_default` stands for all that are not named"),
  restrictOomScoreAdj: z
    .boolean()
    .default(false)
    .describe("never lower a score for the out-of-memory killer; needed where CAP_SYS_RESOURCE is missing"),
});

const CERTS = "/etc/containerd/certs.d";

/**
 * containerd as the kubelet's runtime: its configuration in the version that the installed release reads, registry
 * mirrors, and crictl pointed at it.
 *
 * @example
 * containerd({ registries: { "docker.io": { mirrors: [{ url: "https://mirror.example.com" }] } } })
 */
export const containerd = defineRole({
  name: "containerd",
  params: ContainerdParams,
  tasks: ({ package: name, version, registries, ...config }) => [
    apt({ packages: [version ? { name, version } : name] }),
    directory({ path: "/etc/containerd" }),
    template({
      path: "/etc/containerd/config.toml",
      from: { release: containerdRelease },
      text: ({ release }) => containerdConfig(release ?? "", config),
    }),
    directory({ path: CERTS }),
    ...Object.entries(registries).flatMap(([registry, each]) => [
      directory({ path: `${CERTS}/${registry}` }),
      file({ path: `${CERTS}/${registry}/hosts.toml`, content: hostsToml(each) }),
    ]),
    file({
      path: "/etc/crictl.yaml",
      content:
        "runtime-endpoint: unix:///run/containerd/containerd.sock\nimage-endpoint: unix:///run/containerd/containerd.sock\n",
    }),
    systemd({
      unit: "containerd.service",
      state: "started",
      enabled: true,
      restartAfter: ["/etc/containerd/config.toml"],
    }),
  ],
});
