import { existsSync, mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { capture, LabError } from "../command.ts";
import type { BuildLog } from "./logged.ts";
import { mirrorPaths } from "./places.ts";

/** What Kubernetes 1.36 asks for in its go.mod. */
export const goNeeded = "1.26.0";

/** Settings of the machine that say how modules are had and trusted; all else of its environment stays outside. */
const respected = [
  ...["GOPROXY", "GONOPROXY", "GOPRIVATE", "GOSUMDB", "GONOSUMDB", "GOINSECURE", "GOAUTH", "GOVCS"],
  ...["GOFLAGS", "GOTOOLCHAIN", "GOENV", "GOROOT", "HOME", "XDG_CONFIG_HOME", "NETRC"],
  ...["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"],
  ...["SSL_CERT_FILE", "SSL_CERT_DIR"],
];

/** The environment of a build: the same everywhere, except for what the machine says of its way to the modules. */
export function goEnvironment(machine: NodeJS.ProcessEnv, caches: string): Record<string, string> {
  const kept = respected.flatMap((name) => (machine[name] === undefined ? [] : [[name, machine[name]] as const]));
  return {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HOME: "/root",
    LC_ALL: "C.UTF-8",
    ...Object.fromEntries(kept),
    GOMODCACHE: join(caches, "mod"),
    GOCACHE: join(caches, "build"),
    GOTMPDIR: join(caches, "tmp"), // so that an interrupted build leaves nothing elsewhere
    GOOS: "linux",
    GOARCH: process.arch === "arm64" ? "arm64" : "amd64",
    GOWORK: "off",
    CGO_ENABLED: "0",
  };
}

/** The Go that builds the parts. */
export interface Go {
  /** Runs a go command in a directory and gives back its stdout. */
  run(cwd: string, args: readonly string[], log: BuildLog): Promise<string>;
}

/**
 * Looks for Go on the PATH, then where its own archive is unpacked (sudo takes that off the PATH).
 *
 * @throws LabError if there is none or it is too old, with what is needed and how to get it
 */
export async function findGo(machine: NodeJS.ProcessEnv = process.env): Promise<Go> {
  const env = goEnvironment(machine, mirrorPaths.goCaches);
  const places = [...(machine.PATH ?? "").split(":"), "/usr/local/go/bin", "/usr/lib/go/bin"];
  const program = places.map((dir) => join(dir, "go")).find((path) => path.startsWith("/") && existsSync(path));
  if (program === undefined) throw new LabError(withoutGo("there is none"));
  mkdirSync(join(mirrorPaths.goCaches, "tmp"), { recursive: true });
  const { stdout } = await capture(program, ["env", "GOVERSION", "GOTOOLCHAIN"], { env });
  const [version = "", toolchain = ""] = stdout.split("\n");
  if (!isUsableGo(version, toolchain)) throw new LabError(withoutGo(`${program} is ${version || "no Go at all"}`));
  return {
    run: (cwd, args, log) => log.run("nice", ["-n", "10", program, ...args], { cwd, env, what: `go ${args[0]}` }),
  };
}

/** From 1.21 on Go fetches the toolchain that a module asks for, unless GOTOOLCHAIN says that it has to be this one. */
export function isUsableGo(version: string, toolchain: string): boolean {
  const found = numbers(version.replace(/^go/, ""));
  if (atLeast(found, numbers(goNeeded))) return true;
  return atLeast(found, [1, 21, 0]) && /^auto$|\+auto$/.test(toolchain);
}

/** `-p` of a build: as many compilers at a time as there are cores. */
export const compilers = String(availableParallelism());

function withoutGo(found: string): string {
  return (
    `the mirror is built by Go ${goNeeded} or newer, and ${found}. Unpack https://go.dev/dl/ to /usr/local/go, or ` +
    `install golang-go where Debian has this version. The rest of the lab works without: only what needs Kubernetes is left out`
  );
}

/** A release candidate comes before the release. */
function numbers(version: string): number[] {
  return version
    .replace(/(rc|beta)\d+$/, ".-1")
    .split(".")
    .map(Number);
}

function atLeast(found: readonly number[], wanted: readonly number[]): boolean {
  for (const [at, number] of wanted.entries()) {
    const other = found[at] ?? 0;
    if (Number.isNaN(other) || other < number) return false;
    if (other > number) return true;
  }
  return true;
}
