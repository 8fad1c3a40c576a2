export interface ContainerdConfig {
  readonly cgroupDriver: "systemd" | "cgroupfs";
  readonly sandboxImage: string;
  readonly cniBinDir: string;
  readonly restrictOomScoreAdj: boolean;
}

/**
 * containerd's configuration in the version that the installed release reads: 2 for the 1.x releases, 3 since 2.0,
 * where plugins have other names.
 *
 * @param release as `containerd --version` tells it: `1.6.20`, `v2.3.7`
 * @see containerd docs/cri/config.md
 */
export function containerdConfig(release: string, config: ContainerdConfig): string {
  const major = Number(/^v?(\d+)\./.exec(release)?.[1]);
  if (!Number.isInteger(major)) throw new RangeError(`not a release of containerd: ${JSON.stringify(release)}`);
  return major >= 2 ? version3(config) : version2(config);
}

const HEADER = "# Written by Hostwright (role containerd). Changes made here are undone by its next run.\n";

function version2({ cgroupDriver, sandboxImage, cniBinDir, restrictOomScoreAdj }: ContainerdConfig): string {
  return `${HEADER}version = 2

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = ${text(sandboxImage)}
  restrict_oom_score_adj = ${restrictOomScoreAdj}

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = ${text(cniBinDir)}

[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "/etc/containerd/certs.d"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = ${cgroupDriver === "systemd"}
`;
}

function version3({ cgroupDriver, sandboxImage, cniBinDir, restrictOomScoreAdj }: ContainerdConfig): string {
  return `${HEADER}version = 3

[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = ${text(sandboxImage)}

[plugins.'io.containerd.cri.v1.images'.registry]
  config_path = "/etc/containerd/certs.d"

[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = ${restrictOomScoreAdj}

[plugins.'io.containerd.cri.v1.runtime'.cni]
  bin_dirs = [${text(cniBinDir)}]

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
  SystemdCgroup = ${cgroupDriver === "systemd"}
`;
}

/** A TOML basic string; JSON's escapes are all valid in it. */
function text(value: string): string {
  return JSON.stringify(value);
}
