import { z } from "zod";
import { AbsolutePath } from "./files.ts";

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * A time with its unit, as kubectl and helm take it: `90s`, `5m`, `1h30m`. What comes out is milliseconds, at least one
 * second and at most a day.
 */
export const Duration = z
  .string()
  .regex(/^(\d+(ms|s|m|h))+$/, "has to be a time with its unit, such as 90s, 5m or 1h30m")
  .transform((text) => {
    return [...text.matchAll(/(\d+)(ms|s|m|h)/g)].reduce(
      (sum, [, n, unit = ""]) => sum + Number(n) * (UNITS[unit] ?? 0),
      0,
    );
  })
  .refine((ms) => ms >= 1000 && ms <= 86_400_000, "has to be between 1s and 24h");

/** Where the host has the credentials for the API: those of kubeadm's administrator unless told. */
export const Kubeconfig = AbsolutePath.default("/etc/kubernetes/admin.conf");

/** A namespace, or another name that is one label of DNS. */
export const NamespaceName = z
  .string()
  .max(63, "has to be 63 characters at most")
  .regex(
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
    "has to be a name of small letters, digits and hyphens, such as kube-system",
  );

/** A node's name: that under which its kubelet has registered, mostly the host's own name. */
export const NodeName = z
  .string()
  .max(253, "has to be 253 characters at most")
  .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, "has to be the name of a node, in small letters, such as node-1");

/**
 * A label's or taint's name, with or without a prefix: `disk`, `node-role.kubernetes.io/control-plane`.
 *
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
 */
export const LabelName = z
  .string()
  .regex(
    /^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/,
    "has to be the name of a label, such as disk or example.com/disk",
  );

/** A label's or taint's value: up to 63 letters, digits, dots, hyphens, underscores; it may be empty. */
export const LabelValue = z
  .string()
  .regex(
    /^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/,
    "has to be up to 63 letters, digits, dots, hyphens and underscores, the first and last a letter or digit",
  );

/** What a taint does to pods that do not tolerate it. */
export const TaintEffect = z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]);
