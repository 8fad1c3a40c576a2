import { z } from "zod";
import { defineRole } from "../../lib/engine/role.ts";
import { PackageVersion } from "../../lib/params/packages.ts";
import { apt } from "../../lib/tasks/apt.ts";
import { aptSource, RepositoryUrl, SigningKey } from "../../lib/tasks/apt-source.ts";
import { programTasks } from "./program.ts";

const Repository = z.strictObject({
  url: RepositoryUrl,
  suite: z.string().regex(/^\S+$/, "has to be one word").default("/"),
  components: z.array(z.string().regex(/^\S+$/, "has to be one word")).default([]),
  key: SigningKey,
});

export const HelmParams = z
  .strictObject({
    version: PackageVersion.optional().describe(
      "release such as `3.21.4`, or a pattern such as `3.21.*`; default: the one that is there, or the newest",
    ),
    repository: Repository.prefault({
      url: "https://packages.buildkite.com/helm-linux/helm-debian/any/",
      suite: "any",
      components: ["main"],
      key: { url: "https://packages.buildkite.com/helm-linux/helm-debian/gpgkey" },
    }).describe("where its package comes from; a flat one has the suite `/` and no components"),
    program: z
      .strictObject({
        url: z.url({ protocol: /^https?$/, error: "has to be a URL with http or https" }),
        sha256: z.string().regex(/^[0-9a-f]{64}$/, "has to be a SHA-256 as sha256sum prints it"),
      })
      .optional()
      .describe("in place of a package: the program itself, or upstream's .tar.gz with it, and its SHA-256"),
  })
  .refine(({ program, version }) => program === undefined || version === undefined, {
    path: ["version"],
    error: "is that of a package; a program is named by its SHA-256",
  });

/**
 * helm, by a package or as a program of its own. It is needed where charts are installed: on one control plane, or on
 * all of them, so that any can take over.
 *
 * @example
 * helm({ version: "3.21.4" })
 * helm({ program: { url: "https://get.helm.sh/helm-v3.21.4-linux-amd64.tar.gz", sha256 } })
 * @throws UsageError for parameters that are not valid, a key that cannot be read among them
 * @see Helm documentation, "Installing Helm"
 */
export const helm = defineRole({
  name: "helm",
  params: HelmParams,
  tasks: ({ version, repository, program }) =>
    program === undefined
      ? [
          ...aptSource({ name: "helm", keyName: "helm", ...repository }),
          // The release, and whatever revision its packager gave it.
          apt({ packages: [version === undefined ? "helm" : { name: "helm", version: patternOf(version) }] }),
        ]
      : programTasks(program),
});

function patternOf(version: string): string {
  return /[-*]/.test(version) ? version : `${version}*`;
}
