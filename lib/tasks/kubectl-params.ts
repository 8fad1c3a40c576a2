import { z } from "zod";
import { type Manifest, manifestsIn, nameOf } from "../kubernetes/objects.ts";
import { Duration, Kubeconfig, LabelName, LabelValue, NamespaceName } from "../params/kubernetes.ts";
import { SecretText } from "../secrets/secret.ts";

const Manifests = z
  .union([z.string(), z.instanceof(SecretText), z.array(z.custom<object>(isObject, "has to be an object"))], {
    error: "has to be YAML or a list of objects",
  })
  .transform((input, context): readonly Manifest[] => {
    try {
      return manifestsIn(input);
    } catch (error) {
      context.addIssue((error as Error).message);
      return z.NEVER;
    }
  });

/** A kind with its version: `apps/v1/Deployment`, `v1/ConfigMap`. */
const VersionedKind = z
  .string()
  .regex(
    /^([a-z0-9.-]+\/)?v[a-z0-9]+\/[A-Z][A-Za-z0-9]*$/,
    "has to be a kind with its version, such as apps/v1/Deployment",
  );

/** One object, as kubectl names it: `deployment/web`, `certificate.cert-manager.io/web`. */
const Resource = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9.-]*\/[A-Za-z0-9][A-Za-z0-9._:-]*$/, "has to be one object, such as deployment/web");

const For = z.union(
  [
    z.literal("rollout"),
    z.strictObject({ condition: z.string().regex(/^[A-Za-z0-9./-]+$/), status: z.string().default("True") }),
    z.strictObject({ jsonpath: z.string().min(1), value: z.string() }),
  ],
  { error: 'has to be "rollout", { condition, status } or { jsonpath, value }' },
);

const Wait = z
  .strictObject({
    resource: Resource,
    /** That of the task unless told. */
    namespace: NamespaceName.optional(),
    /** `rollout` of a Deployment, DaemonSet or StatefulSet; a condition of the status; or the value of an expression. */
    for: For,
  })
  .refine((wait) => wait.for !== "rollout" || /^(deploy|daemonset|ds|statefulset|sts)/i.test(wait.resource), {
    error: "only a Deployment, DaemonSet or StatefulSet has a rollout; wait for a condition",
    path: ["resource"],
  });

/** Parameters of the task kubectl. */
export const KubectlParams = z
  .strictObject({
    /** YAML of one or more documents, or objects; those may have Secrets in them. */
    manifests: Manifests,
    /** That of objects that say none and of kinds that have one. */
    namespace: NamespaceName.default("default"),
    /** Whose fields they are: what this manager applied once, and does not any more, is removed. */
    fieldManager: z
      .string()
      .regex(/^[A-Za-z0-9._:-]{1,128}$/, "has to be one word of letters, digits, dots and hyphens")
      .default("hostwright"),
    /** Takes fields over from others; else a field that somebody else has set otherwise blocks the task. */
    forceConflicts: z.boolean().default(true),
    /** `absent` deletes the objects and waits until they are gone. */
    state: z.enum(["present", "absent"]).default("present"),
    /** Removes what this manager has applied before: objects of these kinds with these labels, in all namespaces. */
    prune: z
      .strictObject({
        selector: z.record(LabelName, LabelValue).refine((labels) => Object.keys(labels).length > 0, "has no label"),
        kinds: z.array(VersionedKind).nonempty(),
      })
      .optional(),
    /** What objects have to come to; it belongs to the state, so a run that died while it waited is completed. */
    wait: z.array(Wait).default([]),
    /** For all of it: retries and waits included. */
    deadline: Duration.prefault("5m"),
    kubeconfig: Kubeconfig,
    /** What it is called in reports; the objects unless told. */
    name: z.string().min(1).optional(),
  })
  .superRefine((params, context) => {
    if (params.state === "absent" && (params.prune || params.wait.length > 0)) {
      context.addIssue({
        code: "custom",
        message: "objects that are absent can be neither waited for nor pruned around",
      });
    }
    for (const [label, value] of Object.entries(params.prune?.selector ?? {})) {
      const without = params.manifests.find(({ labels }) => labels[label] !== value);
      if (!without) continue;
      const message = `${nameOf(without)} does not carry ${label}=${value}: once applied, it would never be found for pruning`;
      context.addIssue({ code: "custom", path: ["prune", "selector"], message });
    }
  });

export type KubectlParams = z.output<typeof KubectlParams>;

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
