import { z } from "zod";
import { AbsolutePath } from "../../lib/params/files.ts";
import { HostName } from "../../lib/params/network.ts";

export const SmokeTestParams = z.strictObject({
  image: z
    .string()
    .regex(/^[a-z0-9.:/_-]+(@sha256:[0-9a-f]{64})?$/i, "has to be an image, such as docker.io/library/busybox:stable")
    .default("docker.io/library/busybox:stable")
    .describe("image with sh, httpd, wget and nslookup: busybox"),
  repeat: z
    .enum(["always", "when nodes change"])
    .default("always")
    .describe("whether it runs each time, or only where it has not passed with these nodes and kubelets before"),
  clusterDomain: HostName.prefault("cluster.local").describe("the cluster's domain of DNS"),
  startSeconds: z.int().min(5).default(120).describe("how long the pods may take to run, their image included"),
  stepSeconds: z.int().min(5).default(30).describe("how long each other step may take, tried again until then"),
  kubeconfig: AbsolutePath.default("/etc/kubernetes/admin.conf").describe("on the host; has to be an administrator's"),
});
