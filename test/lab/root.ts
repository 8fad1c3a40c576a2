import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { logTail } from "./apt-cache.ts";
import { capture, LabError, run } from "./command.ts";
import {
  type AptSettings,
  debian,
  debianSecurity,
  type Mirror,
  machineAptSettings,
  machineMirror,
} from "./debian-mirror.ts";
import { cacheDir } from "./paths.ts";
import type { Progress } from "./progress.ts";
import * as recipe from "./recipe.ts";

/** The Debian root that all hosts are laid over: built once, never written to after that. */
export async function cachedRoot(aptProxy: string, progress: Progress): Promise<string> {
  const files = { ...recipe.files, ...aptFiles(machineMirror(), await machineAptSettings()) };
  const { suite, packages, setUp } = recipe;
  const key = createHash("sha256")
    .update(JSON.stringify([suite, packages, files, setUp, process.arch]))
    .digest("hex");
  const root = join(cacheDir, `root-${key.slice(0, 12)}`);
  if (!existsSync(root)) await build(root, files, aptProxy, progress);
  return root;
}

/** Removes roots of former recipes, except those that hosts still stand on. */
export function removeOldRoots(inUse: ReadonlySet<string>): void {
  for (const name of readdirSync(cacheDir)) {
    const root = join(cacheDir, name);
    if (/^root-[0-9a-f]{12}$/.test(name) && !inUse.has(root)) rmSync(root, { recursive: true });
  }
}

/** Built beside its place and renamed when it is whole: an interrupted build is done again, from cached packages. */
async function build(root: string, files: Record<string, string>, aptProxy: string, progress: Progress): Promise<void> {
  const partial = `${root}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(cacheDir, { recursive: true });
  const started = performance.now();
  progress.step(`building the Debian ${recipe.suite} root, once: about a minute`);
  const include = `--include=${recipe.packages.join(",")}`;
  const debootstrap = ["debootstrap", "--variant=minbase", include, recipe.suite, partial, debian];
  // In namespaces that end with it: an interrupted debootstrap leaves neither processes nor its /proc mounted.
  const alone = ["--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const onLine = (line: string) => progress.live(line.replace(/^I: /, ""));
  const result = await capture("setpriv", [...alone, ...debootstrap], { env: { http_proxy: aptProxy }, onLine });
  if (result.code !== 0) {
    const words = `${result.stdout}${result.stderr}`.trim().split("\n").slice(-5).join("\n  ");
    throw new LabError(
      `debootstrap ended with code ${result.code}:\n  ${words}\nThe package cache says:\n  ${logTail()}`,
    );
  }
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(partial, path)), { recursive: true });
    writeFileSync(join(partial, path), content);
  }
  progress.live("setting up users and units");
  await run("chroot", [partial, "/bin/sh", "-euc", recipe.setUp], {
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8" },
  });
  renameSync(partial, root);
  progress.step(`root built in ${((performance.now() - started) / 1000).toFixed(0)} s: ${root}`);
}

/** Sources of the hosts: the suites that the machine has, under Debian's own names. */
function aptFiles(mirror: Mirror, settings: AptSettings): Record<string, string> {
  const lines = [`deb ${debian} ${recipe.suite} main`];
  if (mirror.updates) lines.push(`deb ${debian} ${recipe.suite}-updates main`);
  if (mirror.security) lines.push(`deb ${debianSecurity} ${recipe.suite}-security main`);
  const files: Record<string, string> = { "/etc/apt/sources.list": `${lines.join("\n")}\n` };
  if (!settings.checkValidUntil)
    files["/etc/apt/apt.conf.d/02lab-frozen-mirror"] = 'Acquire::Check-Valid-Until "false";\n';
  return files;
}
