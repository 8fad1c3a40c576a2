import { z } from "zod";
import { AbsolutePath } from "../params/files.ts";
import { Duration, Kubeconfig, NamespaceName } from "../params/kubernetes.ts";

/** One version of a chart. What a range stands for changes with time, so that nobody could tell whether it is there. */
const ChartVersion = z
  .string()
  .regex(/^v?\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?$/, "has to be one version, such as 1.21.1, not a range");

const Chart = z.union(
  [
    z.strictObject({
      /** Where its index.yaml is. It shows in command lines: no credentials in it. */
      repository: z
        .url({ protocol: /^https?$/, error: "has to be a URL with http or https" })
        .refine((url) => !/^[^/]*\/\/[^/]*@/.test(url), "must not have credentials in it"),
      name: z.string().regex(/^[A-Za-z0-9._-]+$/, "has to be the name of a chart"),
      version: ChartVersion,
    }),
    z.strictObject({
      oci: z
        .string()
        .regex(
          /^oci:\/\/[a-z0-9.:-]+(\/[a-z0-9._-]+)+$/,
          "has to be such as oci://ghcr.io/grafana/helm-charts/grafana",
        ),
      version: ChartVersion,
    }),
    z.strictObject({
      /** A directory or archive on the host. It is compared by its version: raise it when the chart changes. */
      path: AbsolutePath,
    }),
  ],
  { error: "has to be { repository, name, version }, { oci, version } or { path }" },
);

const ReleaseName = z
  .string()
  .max(53, "has to be 53 characters at most")
  .regex(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    "has to be the name of a release, such as metallb",
  );

const common = {
  release: ReleaseName,
  namespace: NamespaceName,
  /** For an install or upgrade, or a removal, waits included; a repair has as long again. */
  deadline: Duration.prefault("10m"),
  /** Whether it counts as done only when what it made is ready, or what it had made is gone. */
  wait: z.boolean().default(true),
  kubeconfig: Kubeconfig,
};

const Present = z.strictObject({
  ...common,
  state: z.literal("present").default("present"),
  chart: Chart,
  /** All values that differ from the chart's own; they may have Secrets in them. */
  values: z
    .custom<object>(
      (value) => typeof value === "object" && value !== null && !Array.isArray(value),
      "has to be an object",
    )
    .default({}),
  createNamespace: z.boolean().default(true),
  /** So many revisions are kept. */
  historyMax: z.int().min(1).default(10),
  /** Whether the definitions of kinds that lie beside the chart's templates are left out. */
  skipCrds: z.boolean().default(false),
  /** Whether a release at which a helm was killed is rolled back, or removed where it never was deployed. */
  repair: z.boolean().default(false),
});

const Absent = z.strictObject({
  ...common,
  state: z.literal("absent"),
  /** Whether its history stays, so that it can be rolled back to. */
  keepHistory: z.boolean().default(false),
});

/** Parameters of the task helm. */
export const AllHelmParams = z.union([Present, Absent]);

export type HelmParams = z.output<typeof Present>;
export type HelmAbsence = z.output<typeof Absent>;
