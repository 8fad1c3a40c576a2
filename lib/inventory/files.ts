import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { nearest } from "../text/nearest.ts";
import type { Mistake } from "./mistakes.ts";
import { convertRemedy, VAULT_REMEDY } from "./remedies.ts";

const YAML_EXTENSIONS = [".yml", ".yaml", ".json"];
/** @see Ansible, "Ansible Configuration Settings", INVENTORY_IGNORE_EXTS */
const IGNORED = /^\.|~$|\.(?:pyc|pyo|swp|bak|rpm|md|txt|rst|orig|cfg|retry)$/;
const VARS_FOLDERS = ["group_vars", "host_vars"];

/** A file of the inventory with its text. */
export interface TextFile {
  readonly file: string;
  readonly text: string;
}

/** The inventory files that a path means: the file itself, or those of the folder and its folders in alphabetical order. */
export function inventoryFiles(path: string, mistakes: Mistake[]): TextFile[] {
  if (isFolder(path)) return folderFiles(path, mistakes, true);
  const text = readText(path, mistakes);
  return text === undefined || isForeign(path, text, mistakes) ? [] : [{ file: path, text }];
}

function folderFiles(folder: string, mistakes: Mistake[], top: boolean): TextFile[] {
  const names = readdirSync(folder).sort();
  const files: TextFile[] = [];
  for (const name of names) {
    const path = join(folder, name);
    if (VARS_FOLDERS.includes(name)) {
      if (top) continue;
      const problem = `found ${name} in a folder below the inventory's`;
      mistakes.push({ place: { file: path }, problem, remedy: `move it up, or make ${folder} the inventory` });
    } else if (!IGNORED.test(name)) {
      files.push(...(isFolder(path) ? folderFiles(path, mistakes, false) : inventoryFiles(path, mistakes)));
    }
  }
  if (top && files.length === 0 && mistakes.length === 0) {
    mistakes.push({ place: { file: folder }, problem: "found no inventory, expected files named *.yaml or *.yml" });
  }
  return files;
}

/** INI inventories, scripts and whatever else Ansible would read but this does not. */
function isForeign(file: string, text: string, mistakes: Mistake[]): boolean {
  const first = /^(?!\s*[#;])\s*(\S.*)$/m.exec(text.replace(/^#!/, "!!"))?.[1] ?? "";
  let found: string | undefined;
  if (text.startsWith("#!")) found = "a script";
  else if (!YAML_EXTENSIONS.includes(extname(file)) && looksLikeIni(first)) found = "an INI inventory";
  else if (/^\[[\w.-]+(?::(?:vars|children))?\]\s*$/.test(first)) found = "an INI inventory";
  else if (extname(file) === ".ini") found = "an INI inventory";
  if (found === undefined) return false;
  const problem = `found ${found}, expected a YAML inventory`;
  mistakes.push({ place: { file }, problem, remedy: convertRemedy(file) });
  return true;
}

function looksLikeIni(line: string): boolean {
  return line.startsWith("[") || !/:(?:\s|$)|^---|^[{%]/.test(line);
}

/** A folder of `group_vars` or `host_vars`: what it has is listed once, however many hosts there are. */
export interface VarsFolder {
  /** The files of one group or host in the order in which they count, the last the most. */
  readonly filesOf: (name: string) => string[];
  /** Its files and folders that no one has asked for. */
  readonly unused: () => string[];
}

/** @see Ansible, "How to build your inventory", Organizing host and group variables */
export function varsFolder(folder: string, mistakes: Mistake[]): VarsFolder {
  const entries = new Map(
    isFolder(folder)
      ? readdirSync(folder, { withFileTypes: true })
          .filter(({ name }) => !name.startsWith(".") && !name.endsWith("~"))
          .map((entry) => [
            entry.name,
            entry.isDirectory() || (entry.isSymbolicLink() && isFolder(join(folder, entry.name))),
          ])
      : [],
  );
  const unused = new Set(entries.keys());
  return {
    filesOf(name) {
      const present = ["", ...YAML_EXTENSIONS].map((extension) => name + extension).filter((file) => entries.has(file));
      const [first, ...ignored] = present;
      for (const file of present) unused.delete(file);
      if (first === undefined) return [];
      for (const file of ignored) {
        // Ansible reads the first of them and says nothing about the others.
        const problem = `found ${file} beside ${first}, of which only one is read`;
        mistakes.push({ place: { file: join(folder, file) }, problem, remedy: "make one of the two" });
      }
      const path = join(folder, first);
      return entries.get(first) ? filesBelow(path) : [path];
    },
    unused: () => [...unused].sort().map((name) => join(folder, name)),
  };
}

function filesBelow(folder: string): string[] {
  const names = readdirSync(folder).sort();
  return names.flatMap((name) => {
    if (name.startsWith(".") || name.endsWith("~")) return [];
    const path = join(folder, name);
    if (isFolder(path)) return extname(name) === "" ? filesBelow(path) : [];
    return extname(name) === "" || YAML_EXTENSIONS.includes(extname(name)) ? [path] : [];
  });
}

/** The text of a file. That it cannot be read, is not UTF-8 or is a vault is a mistake. */
export function readText(file: string, mistakes: Mistake[]): string | undefined {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    const near = code === "ENOENT" ? nearest(basename(file), siblings(file)) : undefined;
    const problem = code === "ENOENT" ? "there is no such file" : `cannot be read: ${code}`;
    mistakes.push({ place: { file }, problem, remedy: near && `did you mean ${join(dirname(file), near)}?` });
    return undefined;
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (!text.startsWith("$ANSIBLE_VAULT;")) return text;
    const problem = "found a file encrypted by ansible-vault, which is not supported";
    mistakes.push({ place: { file }, problem, remedy: VAULT_REMEDY });
  } catch {
    mistakes.push({ place: { file }, problem: "found bytes that are not UTF-8, expected a text" });
  }
  return undefined;
}

function siblings(file: string): string[] {
  const folder = dirname(file);
  return isFolder(folder) ? readdirSync(folder) : [];
}

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
