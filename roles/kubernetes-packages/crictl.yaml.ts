/**
 * crictl's configuration. The role `containerd` writes the same text for containerd's own socket, so that the two can
 * stand in one play.
 *
 * @see cri-tools docs/crictl.md
 */
export function crictlYaml(endpoint: string): string {
  return `runtime-endpoint: ${endpoint}\nimage-endpoint: ${endpoint}\n`;
}
