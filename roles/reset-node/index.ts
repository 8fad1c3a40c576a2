import { z } from "zod";
import { defineRole } from "../../lib/engine/role.ts";
import { nodeParams, ownServer } from "../kubeadm/cluster.ts";
import { kubeadmReset } from "../kubeadm/reset.ts";

export const ResetNodeParams = z.strictObject({
  name: nodeParams.name,
  address: nodeParams.address,
  bindPort: nodeParams.bindPort,
  criSocket: nodeParams.criSocket,
});

/**
 * A host that is out of any cluster: what kubeadm has made is taken apart, with what `kubeadm reset` leaves behind of
 * networks, rules and mounts. **Data of etcd and of pods on this host is lost.** Packages, containerd and balancers stay.
 *
 * The cluster is not told: to take a node out of one that goes on, there is role removeNode.
 *
 * @example
 * resetNode({ name: host.name, address: host.address, bindPort: 6444 })
 */
export const resetNode = defineRole({
  name: "resetNode",
  params: ResetNodeParams,
  tasks: ({ name, address, bindPort, criSocket }) => [
    kubeadmReset({ name, server: ownServer({ address, bindPort }), criSocket }),
  ],
});
