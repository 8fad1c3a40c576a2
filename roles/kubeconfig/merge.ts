import { type Document, isMap, isSeq, parse, parseDocument, type YAMLMap } from "yaml";
import { TaskError } from "../../lib/errors.ts";

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: Readonly<Record<string, unknown>> }[];
  readonly users: readonly { readonly user: Readonly<Record<string, unknown>> }[];
}

/**
 * A user's kubeconfig with one context set to what an administrator's says; the text is the old one where it says so.
 *
 * @param file for messages
 * @throws TaskError, when either is not a kubeconfig
 * @see https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
 */
export function mergeKubeconfig(
  old: string,
  admin: string,
  wanted: { readonly context: string; readonly server?: string | undefined },
  file: string,
): string {
  const { clusters, users }: Kubeconfig = parse(admin);
  const [cluster] = clusters;
  const [user] = users;
  if (!cluster || !user) throw new TaskError("the control plane's admin.conf has no cluster or no user");
  const document = parseDocument(old.trim() === "" ? "apiVersion: v1\nkind: Config\n" : old);
  if (document.errors.length > 0 || !isMap(document.contents)) {
    throw new TaskError(
      `${file} is not a kubeconfig, so nothing is put into it: ${document.errors[0]?.message ?? "it is no mapping"}`,
    );
  }
  const { context: name, server } = wanted;
  const before = JSON.stringify(document.toJS());
  set(document, "clusters", name, { cluster: { ...cluster.cluster, ...(server !== undefined && { server }) } });
  set(document, "users", name, { user: user.user });
  set(document, "contexts", name, { context: { cluster: name, user: name } });
  if (!document.get("current-context")) document.set("current-context", name);
  return JSON.stringify(document.toJS()) === before ? old : document.toString({ lineWidth: 0 });
}

/** Sets the entry of this name in a list of named entries; a namespace that somebody chose for a context stays. */
function set(document: Document, list: string, name: string, entry: Readonly<Record<string, object>>): void {
  const found = document.get(list);
  const entries = isSeq(found) ? found : document.createNode([]);
  if (!isSeq(found)) document.set(list, entries);
  const own = entries.items.find((item): item is YAMLMap => isMap(item) && item.get("name") === name);
  if (!own) {
    entries.add(document.createNode({ name, ...entry }));
    return;
  }
  for (const [key, value] of Object.entries(entry)) {
    const kept = key === "context" ? (own.toJSON().context ?? {}) : {};
    const wanted = { ...kept, ...value };
    if (JSON.stringify(own.toJSON()[key]) !== JSON.stringify(wanted)) own.set(key, document.createNode(wanted));
  }
}
