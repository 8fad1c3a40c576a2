import { NOTE, type Placement } from "./nodes.ts";

/** What the objects of one smoke test are made of. */
export interface TestObjects extends Placement {
  readonly namespace: string;
  readonly image: string;
  /** The line that the pods print and the service answers. */
  readonly line: string;
}

/** Not privileged in any way, so that no policy of the cluster refuses the test. */
const UNPRIVILEGED = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  runAsNonRoot: true,
  runAsUser: 65_534,
  seccompProfile: { type: "RuntimeDefault" },
};

export function namespaceObject(name: string): object {
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name,
      labels: {
        "app.kubernetes.io/managed-by": "hostwright",
        "app.kubernetes.io/name": "smoke-test",
        "pod-security.kubernetes.io/enforce": "restricted",
      },
    },
  };
}

/** Two pods on the nodes that were chosen, and a service for the first. */
export function testObjects({ namespace, image, line, server, client }: TestObjects): object {
  const volumes = [{ name: "www", emptyDir: { sizeLimit: "1Mi" } }];
  const pod = (name: string, node: string, command: string): object => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels: { "smoke-test": name } },
    spec: {
      // By affinity and not by nodeName: the scheduler is a part that has to work.
      affinity: onNode(node),
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 0,
      tolerations: [{ operator: "Exists", effect: "NoSchedule" }],
      containers: [
        {
          name: "main",
          image,
          command: ["sh", "-c", command],
          env: [{ name: "LINE", value: line }],
          resources: { requests: { cpu: "10m", memory: "8Mi" } },
          securityContext: UNPRIVILEGED,
          volumeMounts: [{ name: "www", mountPath: "/www" }],
        },
      ],
      volumes,
    },
  });
  const service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "server", namespace },
    spec: { selector: { "smoke-test": "server" }, ports: [{ port: 80, targetPort: 8080 }] },
  };
  const items = [
    pod("server", server, 'echo "$LINE"; echo "$LINE" >/www/index.html; exec httpd -f -p 8080 -h /www'),
    pod("client", client, 'echo "$LINE"; exec sleep 3600'),
    service,
  ];
  return { apiVersion: "v1", kind: "List", items };
}

function onNode(name: string): object {
  const term = { matchFields: [{ key: "metadata.name", operator: "In", values: [name] }] };
  return { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } } };
}

/** The note of the nodes on which the test has passed. */
export function noteObject(digest: string): object {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { ...NOTE, labels: { "app.kubernetes.io/managed-by": "hostwright" } },
    data: { nodes: digest },
  };
}
