import { defineRead, type Read } from "../engine/read.ts";
import { goJson } from "../kubernetes/go-json.ts";
import { joinSh, rawSh, type Sh, sh } from "../shell/sh.ts";
import { API_READ_MS, KUBECTL_CACHE, kubectlFunctions, type NoAccess, parseNoAccess } from "./kubernetes-access.ts";
import { linesOf, splitRecords } from "./records.ts";

/** Chart and values with which a release was made. */
export interface ReleaseContent {
  readonly chart: string;
  /** Without the `v` that some charts have in front of it: helm finds them either way. */
  readonly version: string;
  /** As JSON with sorted keys, or the digest of that where values are secret. */
  readonly values: string;
}

/** A release as helm has recorded it. */
export type ReleaseState =
  | NoAccess
  | { readonly kind: "absent" }
  | ({ readonly kind: "deployed" } & ReleaseContent)
  /** Its last install or upgrade did not come to a good end. */
  | ({ readonly kind: "failed" } & ReleaseContent)
  /** A helm works on it, or was killed while it did: `pending-install`, `pending-upgrade`, `uninstalling`, … */
  | { readonly kind: "under way"; readonly status: string; readonly since: string }
  /** Only its history is kept. */
  | { readonly kind: "uninstalled" }
  | { readonly kind: "refused"; readonly reason: string };

/** `helm`, which keeps no cache of kinds either. */
export const HELM = `hw_helm() {
  HOME=\${HOME:-/root} KUBECACHEDIR=${KUBECTL_CACHE} helm --kubeconfig "$hw_c" "$@"
}`;

/** A release that is not there costs one process, any other two. */
const RELEASES = `${HELM}
hw_release() {
  echo =
  hw_why=$(hw_access helm) || { echo "$hw_why"; return 0; }
  if hw_o=$(hw_helm get metadata --namespace "$1" -o json "$2" 2>&1); then
    printf '%s\\n' "$hw_o" | grep -m 1 '^{'
    case $3 in
    values) hw_helm get values --namespace "$1" -o json "$2" 2>/dev/null | head -n 1;;
    digest) hw_helm get values --namespace "$1" -o json "$2" 2>/dev/null | sha256sum;;
    esac
    return 0
  fi
  case $hw_o in *"release: not found"*) echo absent; return 0;; esac
  if hw_lost "$hw_o"; then echo "no answer $(hw_flat "$hw_o")"; else echo "refused $(hw_flat "$hw_o")"; fi
}`;

const release = defineRead<ReleaseState>({
  name: "helm-release",
  deadlineMs: API_READ_MS,
  ask: (keys) => joinSh([rawSh(RELEASES), ...keys.map(askRelease)]),
  split: splitRecords,
  parse: parseRelease,
  hangsOn: (key, path) => parseReleaseKey(key).kubeconfig === path,
});

export interface ReleaseName {
  readonly kubeconfig: string;
  readonly namespace: string;
  readonly release: string;
}

/**
 * A release of helm as it was last recorded; objects that somebody else has changed since are not looked at.
 *
 * @param values whether its values come along, as they are or as a digest
 */
export function helmRelease(
  { kubeconfig, namespace, release: name }: ReleaseName,
  values: "values" | "digest" | "none",
): Read<ReleaseState> {
  return release(JSON.stringify([kubeconfig, namespace, name, values]));
}

/** Which release a read is about; `undefined` where it is about something else. */
export function releaseAsked(read: Read<unknown>): ReleaseName | undefined {
  return read.kind.name === "helm-release" ? parseReleaseKey(read.key) : undefined;
}

function parseReleaseKey(key: string): ReleaseName & { readonly values: string } {
  const [kubeconfig = "", namespace = "", name = "", values = ""] = JSON.parse(key) as string[];
  return { kubeconfig, namespace, release: name, values };
}

function askRelease(key: string): Sh {
  const { kubeconfig, namespace, release: name, values } = parseReleaseKey(key);
  return sh`${kubectlFunctions(kubeconfig)}\nhw_release ${[namespace, name, values]}`;
}

interface Metadata {
  readonly chart: string;
  readonly version: string;
  readonly status: string;
  readonly deployedAt: string;
}

/** What `helm get metadata` prints, and what `helm get values` does, or its digest. */
export function parseRelease(record: Buffer, key: string): ReleaseState {
  const [line = "", values = ""] = linesOf(record);
  if (line === "absent") return { kind: "absent" };
  if (line.startsWith("no ")) return parseNoAccess(line);
  if (line.startsWith("refused ")) return { kind: "refused", reason: line.slice(8).trim() };
  const { chart, version, status, deployedAt } = JSON.parse(line) as Metadata;
  if (status === "uninstalled") return { kind: "uninstalled" };
  if (status !== "deployed" && status !== "failed") return { kind: "under way", status, since: deployedAt };
  return { kind: status, chart, version: withoutV(version), values: valuesIn(values, parseReleaseKey(key).values) };
}

/** A version as it is compared. */
export function withoutV(version: string): string {
  return version.replace(/^v/, "");
}

function valuesIn(line: string, aspect: string): string {
  if (aspect === "digest") return line.slice(0, 64);
  // Without values helm says null.
  return goJson(line === "" ? {} : (JSON.parse(line) ?? {}));
}
