import { join } from "node:path";
import { servedAddress } from "../network.ts";
import { cacheDir } from "../paths.ts";

const base = join(cacheDir, "mirror");

export const mirrorPaths = {
  base,
  /** What is built once, part by part: `NAME-DIGEST`. */
  parts: join(base, "parts"),
  /** Go's own caches while it builds, so that the user's are left alone. */
  goCaches: join(base, "go"),
  logs: join(base, "logs"),
  /** The key that signs the repositories; made once, so that hosts go on trusting it. */
  keys: join(base, "keys"),
  /** What is served: `www-DIGEST`, and the link to the one that counts. */
  published: (digest: string) => join(base, `www-${digest}`),
  current: join(base, "current"),
  serverProcess: join(base, "server.json"),
  /** Digest of the code that it runs. */
  serverCode: join(base, "server.code"),
  serverLog: join(base, "server.log"),
};

export const registryPort = 5000;
export const filesPort = 8088;

export interface MirrorUrls {
  /** A flat apt repository: `deb [signed-by=…] URL /`. The minor is as in "1.36". */
  repository(minor: string): string;
  /** The key, armored, of all repositories. It also lies as `Release.key` in each of them. */
  readonly repositoryKey: string;
  /** A flat apt repository with helm. */
  readonly helmRepository: string;
  /** A helm repository: the charts flannel and metallb. */
  readonly charts: string;
  /** A registry that stands for every other: containerd's `hosts.toml` of `_default` names it. */
  readonly registry: string;
  /** Images as OCI archives: "kubernetes-v1.36.4", "flannel", "metallb". */
  imageArchive(name: string): string;
}

/** Where hosts of a lab find the mirror; the same on every machine. */
export function mirrorUrls(): MirrorUrls {
  const files = `http://${servedAddress}:${filesPort}`;
  return {
    repository: (minor) => `${files}/core:/stable:/v${minor}/deb/`,
    repositoryKey: `${files}/Release.key`,
    helmRepository: `${files}/helm/deb/`,
    charts: `${files}/charts`,
    registry: `http://${servedAddress}:${registryPort}`,
    imageArchive: (name) => `${files}/archives/${name}.tar`,
  };
}
