import type { ExecutionContext } from "ava";
import { type Cluster, eventually } from "./_cluster.ts";

/**
 * Puts two pods behind an address of the load balancer, asks it from outside until both have answered, and cleans up.
 *
 * @param nodeSelector where the pods may run; anywhere unless told
 */
export async function answersFromOutside(
  t: ExecutionContext,
  cluster: Cluster,
  nodeSelector: Readonly<Record<string, string>> = {},
): Promise<void> {
  await cluster.kubectl(
    `create deployment web --image=docker.io/library/busybox:stable --replicas=2 -- \\
      sh -c 'mkdir /tmp/www; hostname >/tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www'`,
  );
  const selected = JSON.stringify({ spec: { template: { spec: { nodeSelector } } } });
  await cluster.kubectl(`patch deployment web --patch '${selected}'`);
  await cluster.kubectl("expose deployment web --port 80 --target-port 8080 --type LoadBalancer");
  await cluster.kubectl("rollout status deployment/web --timeout=120s");
  const answers = new Set<string>();
  await eventually(async () => {
    const address = await cluster.kubectl("get service web -o jsonpath='{.status.loadBalancer.ingress[0].ip}'");
    if (address === "") return { seen: "no address", ready: false };
    t.true(address.startsWith(`${cluster.lab.prefix}2`), address);
    const response = await fetch(`http://${address}/`, {
      headers: { connection: "close" },
      signal: AbortSignal.timeout(2000),
    });
    answers.add((await response.text()).trim());
    return { seen: `${address}: ${[...answers].join(" ")}`, ready: answers.size === 2 };
  }, 60_000);
  t.true([...answers].every((name) => name.startsWith("web-")));
  await cluster.kubectl("delete service,deployment web --wait");
}
