import { type Prediction, unknowableWhere } from "../../lib/engine/plan.ts";
import type { Read } from "../../lib/engine/read.ts";
import { pathOfRead } from "../../lib/reads/about-path.ts";
import { takenAsked } from "../../lib/reads/taken-file.ts";
import { unitAsked } from "../../lib/reads/units.ts";
import { ADMIN_CONF, KUBELET_CONF } from "./cluster.ts";

const KUBELET = "kubelet.service";
const DIRECTORIES = ["/etc/kubernetes", "/var/lib/kubelet", "/var/lib/etcd", "/etc/cni"];

/** What is known of the kubelet's unit, before kubeadm starts or stops it. */
export const kubeletUnknown: Prediction = unknowableWhere(
  (read) => unitAsked(read)?.unit === KUBELET || takenAsked(read)?.unit === KUBELET,
);

/** What kubeadm brings or takes: its files, the kubelet, and all that a cluster answers. */
export const nodeUnknown: readonly Prediction[] = [
  kubeletUnknown,
  unknowableWhere((read) => isBelow(pathOfRead(read)) || hangsOnKubeconfig(read)),
];

function isBelow(path: string | undefined): boolean {
  return path !== undefined && DIRECTORIES.some((directory) => path === directory || path.startsWith(`${directory}/`));
}

function hangsOnKubeconfig({ kind, key }: Read<unknown>): boolean {
  return [ADMIN_CONF, KUBELET_CONF].some((path) => kind.hangsOn?.(key, path));
}
