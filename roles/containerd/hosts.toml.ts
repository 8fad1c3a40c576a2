export interface RegistryMirror {
  readonly url: string;
  readonly capabilities: readonly ("pull" | "resolve" | "push")[];
  readonly skipVerify: boolean;
  readonly ca?: string | undefined;
}

export interface Registry {
  /** Asked after the mirrors; without it containerd asks the registry that the image names. */
  readonly server?: string | undefined;
  readonly mirrors: readonly RegistryMirror[];
}

/**
 * hosts.toml of one registry: which hosts are asked for its images, in order. containerd reads it at each pull, so that
 * a change restarts nothing.
 *
 * @see containerd docs/hosts.md
 */
export function hostsToml({ server, mirrors }: Registry): string {
  const blocks = mirrors.map(
    ({ url, capabilities, skipVerify, ca }) => `
[host.${JSON.stringify(url)}]
  capabilities = ${JSON.stringify(capabilities)}
${skipVerify ? "  skip_verify = true\n" : ""}${ca ? `  ca = ${JSON.stringify(ca)}\n` : ""}`,
  );
  return `# Written by Hostwright (role containerd). Changes made here are undone by its next run.
${server ? `server = ${JSON.stringify(server)}\n` : ""}${blocks.join("")}`;
}
