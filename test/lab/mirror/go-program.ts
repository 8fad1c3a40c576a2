import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { compilers } from "./go.ts";
import type { Part, Workshop } from "./part.ts";

/**
 * Programs built from published modules: a module of our own requires them, so that nothing has to be checked out, and
 * every module is checked against Go's checksum database.
 */
export interface GoRecipe {
  readonly name: string;
  readonly version: string;
  /** Modules with their versions; the first is the one whose Go version and replacements are taken over. */
  readonly modules: Readonly<Record<string, string>>;
  /** Main packages; a program is called by the last word of its path. "." is this recipe's own `main`. */
  readonly packages: readonly string[];
  /** Source of our own main package; the program is called by `name`. */
  readonly main?: string;
  /** Our main package is upstream's main.go without the lines that match. */
  readonly mainWithout?: string;
  /** What the main module requires as v0.0.0 lies in upstream's tree; it is published under this version. */
  readonly staging?: string;
  /** Variables set by the linker: versions, mostly. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Directories of the first module that are kept beside the programs: name -> path. */
  readonly keep?: Readonly<Record<string, string>>;
}

const flags = ["-mod=mod", "-trimpath", "-buildvcs=false"];
/** Without symbols and debugging data: a third of the size. */
const linkerFlags = ["-s", "-w"];

/** A part with `bin/PROGRAM` and the kept directories. */
export function goPart(recipe: GoRecipe): Part {
  return {
    name: `${recipe.name}-${recipe.version}`,
    recipe: { ...recipe, flags: [...flags, ...linkerFlags], arch: process.arch },
    usesGo: true,
    build: (into, shop) => buildPrograms(recipe, into, shop),
  };
}

const Downloaded = z.looseObject({ Dir: z.string(), GoMod: z.string() });

const ModuleFile = z.looseObject({
  Go: z.string().optional(),
  Require: z.array(z.looseObject({ Path: z.string(), Version: z.string() })).nullish(),
  Replace: z
    .array(
      z.looseObject({
        Old: z.looseObject({ Path: z.string(), Version: z.string().optional() }),
        New: z.looseObject({ Path: z.string(), Version: z.string().optional() }),
      }),
    )
    .nullish(),
});

/** What counts here of `go mod edit -json`. */
export type ModuleFile = z.infer<typeof ModuleFile>;

async function buildPrograms(recipe: GoRecipe, into: string, shop: Workshop): Promise<void> {
  const { go, work, log } = shop;
  const { directory, file } = await mainModule(recipe, shop);
  writeFileSync(join(work, "go.mod"), wrapperModule(recipe, file));
  const main = recipe.mainWithout ? without(join(directory, "main.go"), recipe.mainWithout) : recipe.main;
  if (main !== undefined) writeFileSync(join(work, "main.go"), main);
  const bin = join(into, "bin");
  mkdirSync(bin);
  const variables = Object.entries(recipe.variables ?? {}).map(([name, value]) => `-X ${name}=${value}`);
  const ldflags = [...linkerFlags, ...variables].join(" ");
  const options = [...flags, "-v", "-p", compilers, "-ldflags", ldflags, "-o", `${bin}/`];
  await go.run(work, ["build", ...options, ...recipe.packages], log);
  for (const [name, path] of Object.entries(recipe.keep ?? {})) {
    cpSync(join(directory, path), join(into, name), { recursive: true });
    makeWritable(join(into, name)); // Go keeps its module cache read-only
  }
}

/** The first module's sources and go.mod; our own directory and nothing, if the recipe has no module. */
async function mainModule(
  recipe: GoRecipe,
  { go, work, log }: Workshop,
): Promise<{ readonly directory: string; readonly file: ModuleFile }> {
  const [first] = Object.entries(recipe.modules);
  if (!first) return { directory: work, file: {} };
  const answer = await go.run(work, ["mod", "download", "-json", first.join("@")], log);
  const { Dir, GoMod } = Downloaded.parse(JSON.parse(answer));
  const file = ModuleFile.parse(JSON.parse(await go.run(work, ["mod", "edit", "-json", GoMod], log)));
  return { directory: Dir, file };
}

/**
 * The go.mod of the module around them. Upstream's replacements count only in upstream's own build, so those that name
 * versions are taken over, and those into its tree become the version that was published of it.
 */
export function wrapperModule(recipe: GoRecipe, upstream: ModuleFile): string {
  const requires = Object.entries(recipe.modules).map(([path, version]) => `\t${path} ${version}`);
  const staged = (upstream.Require ?? []).filter(({ Version }) => recipe.staging && Version === "v0.0.0");
  const replaces = [
    ...staged.map(({ Path }) => `\t${Path} => ${Path} ${recipe.staging}`),
    ...(upstream.Replace ?? []).flatMap(({ Old, New }) =>
      New.Version ? [`\t${[Old.Path, Old.Version].filter(Boolean).join(" ")} => ${New.Path} ${New.Version}`] : [],
    ),
  ];
  // Before 1.17 a module's graph is not pruned: half the world would be downloaded.
  const isOld = /^1\.(\d|1\d|20)(\.|$)/.test(upstream.Go ?? "1.0");
  const lines = [`module hostwright.lab/${recipe.name}`, "", `go ${isOld ? "1.24" : upstream.Go}`];
  if (requires.length > 0) lines.push("", "require (", ...requires, ")");
  if (replaces.length > 0) lines.push("", "replace (", ...replaces.toSorted(), ")");
  return `${lines.join("\n")}\n`;
}

function without(file: string, pattern: string): string {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => !new RegExp(pattern).test(line)).join("\n");
}

function makeWritable(dir: string): void {
  chmodSync(dir, 0o755);
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) makeWritable(path);
    else chmodSync(path, 0o644);
  }
}
