import type { LabHost } from "../../lab/host.ts";
import type { Lab } from "../../lab/lab.ts";
import { formedCluster } from "../_cluster.ts";

/** A control plane of the formed cluster. The tests below keep to namespaces of their own. */
export async function controlPlane(): Promise<ControlPlane> {
  const { lab } = await formedCluster();
  return { lab, host: lab.host("node-1") };
}

export interface ControlPlane {
  readonly lab: Lab;
  readonly host: LabHost;
}

const KUBECTL = "kubectl --kubeconfig /etc/kubernetes/admin.conf";

/** Runs kubectl on the host, past everything that is tested. Words are as a shell takes them. */
export async function kubectlOn({ host }: ControlPlane, words: string): Promise<string> {
  const { code, stdout, stderr } = await host.exec(`${KUBECTL} ${words}`);
  if (code !== 0) throw new Error(`kubectl ${words}: ${stderr}`);
  return stdout;
}
