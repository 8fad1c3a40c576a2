import { z } from "zod";
import { defineRole } from "../../lib/engine/role.ts";
import { ControllerPath } from "../../lib/params/controller-path.ts";
import { fetchKubeconfig } from "./fetch.ts";

export const KubeconfigParams = z.strictObject({
  file: ControllerPath.describe("the user's own kubeconfig on the controller; made if it is missing"),
  context: z
    .string()
    .regex(/^[^\s/]+$/, "has to be one word")
    .describe("name of context, cluster and user in that file"),
  server: z
    .url({ protocol: /^https$/, error: "has to be a URL with https" })
    .optional()
    .describe("where the controller reaches the API; default: as the control planes do"),
});

/**
 * The administrator's access to a cluster, fetched from a control plane and merged into a kubeconfig of the user's own:
 * one context with its cluster and user, named as told. Whatever else is in the file stays, comments and the current
 * context too; only a file without one gets this as its current.
 *
 * @example
 * kubeconfig({ file: join(homedir(), ".kube/config"), context: "lab" })
 */
export const kubeconfig = defineRole({
  name: "kubeconfig",
  params: KubeconfigParams,
  async run(host, params) {
    await host.act(fetchKubeconfig(params));
  },
});
