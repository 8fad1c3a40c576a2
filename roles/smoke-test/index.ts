import { defineRole } from "../../lib/engine/role.ts";
import { SmokeTestParams } from "./params.ts";
import { proveCluster } from "./prove-cluster.ts";

/**
 * Proves that a cluster works: pods are scheduled and run on two nodes, print a line that is read back, a command runs
 * in one of them, DNS knows the API and a service, and the service answers from another node than its pod's.
 *
 * It runs on one control plane, in a namespace of its own that is gone afterwards, whether it passed or failed or was
 * stopped. Where there is one node, the way between nodes is not part of it. In check mode nothing is done.
 *
 * @example
 * play("Prove it", "control_plane[0]", () => [smokeTest({})])
 * @throws UsageError for parameters that are not valid; TaskError with the step that failed, and what the pods, their
 *   events and logs say
 */
export const smokeTest = defineRole({
  name: "smokeTest",
  params: SmokeTestParams,
  async run(host, params) {
    await host.act(proveCluster(params));
  },
});
