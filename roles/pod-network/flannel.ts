import { mergeValues, type Values } from "../../lib/params/chart-values.ts";

export interface FlannelSettings {
  readonly podNetwork: string;
  readonly mtu?: number | undefined;
  readonly backend: string;
  readonly interface?: string | undefined;
  readonly cniBinDir: string;
  readonly image?: string | undefined;
  readonly cniImage?: string | undefined;
  readonly values: Values;
}

/**
 * Values of flannel's chart.
 *
 * @see flannel Documentation/kubernetes.md, Documentation/backends.md
 */
export function flannelValues(settings: FlannelSettings): Values {
  const { podNetwork, mtu, backend, cniBinDir, image, cniImage, values } = settings;
  const own = {
    podCidr: podNetwork,
    flannel: {
      backend,
      cniBinDir,
      ...(mtu !== undefined && { mtu }),
      ...(settings.interface !== undefined && {
        args: ["--ip-masq", "--kube-subnet-mgr", `--iface=${settings.interface}`],
      }),
      ...(image !== undefined && { image: imageOf(image) }),
      ...(cniImage !== undefined && { flannel_cni: { image: imageOf(cniImage) } }),
    },
  };
  return mergeValues(own, values);
}

/** `REPOSITORY:TAG`, or a repository alone: then the chart's own tag stands. A port is no tag. */
function imageOf(image: string): Values {
  const [, repository = image, tag] = /^(.*?)(?::([^:/]+))?$/.exec(image) ?? [];
  return { repository, ...(tag !== undefined && { tag }) };
}
