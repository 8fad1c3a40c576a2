import type { Task } from "../../lib/engine/task.ts";
import { quote } from "../../lib/shell/quote.ts";
import { apt } from "../../lib/tasks/apt.ts";
import { command } from "../../lib/tasks/command.ts";
import { symlink } from "../../lib/tasks/symlink.ts";

/**
 * The tasks that fetch helm as a program: into a directory that is named by the digest of what was fetched, and a link
 * to it. So another program is another directory, and what was found there before is known to be checked.
 */
export function programTasks({ url, sha256 }: { readonly url: string; readonly sha256: string }): readonly Task[] {
  const folder = `/opt/helm/${sha256.slice(0, 16)}`;
  const unpack = /\.(tar\.gz|tgz)$/.test(new URL(url).pathname)
    ? 'tar -xzf "$t/download" -C "$t" --no-same-owner --strip-components=1 --wildcards "*/helm"'
    : 'mv "$t/download" "$t/helm"';
  return [
    apt({ packages: ["ca-certificates", "curl"] }),
    command({
      title: `helm from ${url}`,
      run: [
        "t=$(mktemp -d)",
        `trap 'rm -rf "$t"' EXIT`,
        `curl -fsSL --retry 3 -o "$t/download" -- ${quote(url)}`,
        `echo ${quote(sha256)}"  $t/download" | sha256sum -c --quiet -`,
        unpack,
        `install -D -m 0755 "$t/helm" ${folder}/helm`,
      ].join("\n"),
      creates: `${folder}/helm`,
    }),
    symlink({ path: "/usr/local/bin/helm", target: `${folder}/helm` }),
  ];
}
