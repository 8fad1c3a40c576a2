import { mergeValues, type Values } from "../../lib/params/chart-values.ts";
import type { MetallbSettings } from "./params.ts";

/**
 * Values of MetalLB's chart. It brings FRR unless told; neither L2 nor MetalLB's own BGP needs it.
 *
 * kubeadm labels control planes `node.kubernetes.io/exclude-from-external-load-balancers`, and MetalLB's speakers heed
 * that: on a cluster of control planes alone nobody would answer.
 */
export function metallbValues({
  bgpBackend,
  controlPlanes,
  values,
}: Pick<MetallbSettings, "bgpBackend" | "controlPlanes" | "values">): Values {
  const own = {
    frrk8s: { enabled: bgpBackend === "frr-k8s" },
    speaker: { frr: { enabled: false }, ignoreExcludeLB: controlPlanes === "included" },
  };
  return mergeValues(own, values);
}
