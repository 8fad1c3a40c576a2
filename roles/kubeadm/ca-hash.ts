import { createHash, X509Certificate } from "node:crypto";

/**
 * The digest by which a joining node knows the cluster's authority.
 *
 * @see Kubernetes documentation, "kubeadm join", token-based discovery with CA pinning: the SPKI of RFC 7469
 */
export function caHash(certificate: string): string {
  const key = new X509Certificate(certificate).publicKey.export({ type: "spki", format: "der" });
  return `sha256:${createHash("sha256").update(key).digest("hex")}`;
}
