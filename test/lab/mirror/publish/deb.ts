import { chmodSync, copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "../../command.ts";

/** A Debian package to be made. */
export interface Deb {
  readonly name: string;
  /** With the revision: "1.36.4-1.1". */
  readonly version: string;
  readonly description: string;
  readonly depends?: readonly string[];
  readonly recommends?: readonly string[];
  /** By absolute path: a file to copy (programs, 0755), a link, or a text (0644). */
  readonly files: Readonly<Record<string, DebFile>>;
  /** Files of `files` that an operator may edit: upgrades keep the edits. */
  readonly conffiles?: readonly string[];
  readonly postinst?: string;
}

export type DebFile = { readonly program: string } | { readonly link: string } | { readonly text: string };

/** Builds `NAME_VERSION_ARCH.deb` in a directory. */
export async function buildDeb(deb: Deb, into: string, work: string): Promise<void> {
  const dir = join(work, "deb");
  const put = (path: string) => {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    return join(dir, path);
  };
  writeFileSync(put("DEBIAN/control"), controlFile(deb));
  if (deb.conffiles) writeFileSync(put("DEBIAN/conffiles"), `${deb.conffiles.join("\n")}\n`);
  if (deb.postinst) writeFileSync(put("DEBIAN/postinst"), deb.postinst, { mode: 0o755 });
  for (const [path, file] of Object.entries(deb.files)) {
    if ("link" in file) symlinkSync(file.link, put(path));
    else if ("text" in file) writeFileSync(put(path), file.text);
    else {
      copyFileSync(file.program, put(path));
      chmodSync(join(dir, path), 0o755);
    }
  }
  await run("chmod", ["-R", "a+rX,u+w,go-w", dir]);
  const file = join(into, `${deb.name}_${deb.version}_${architecture()}.deb`);
  // Made on the first of January 2026, so that the same content is the same package.
  const env = { SOURCE_DATE_EPOCH: "1767225600" };
  await run("dpkg-deb", ["-Zzstd", "-z3", "--root-owner-group", "--build", dir, file], { env });
  rmSync(dir, { recursive: true });
}

/** @see man:deb-control(5) */
export function controlFile({ name, version, description, depends, recommends }: Deb): string {
  const lines = [
    `Package: ${name}`,
    `Version: ${version}`,
    `Architecture: ${architecture()}`,
    "Maintainer: Hostwright's lab <lab@hostwright.invalid>",
    "Section: admin",
    "Priority: optional",
  ];
  if (depends && depends.length > 0) lines.push(`Depends: ${depends.join(", ")}`);
  if (recommends && recommends.length > 0) lines.push(`Recommends: ${recommends.join(", ")}`);
  return `${[...lines, `Description: ${description}`].join("\n")}\n`;
}

/** Debian's name of this machine's architecture. */
export function architecture(arch: string = process.arch): string {
  return arch === "x64" ? "amd64" : arch;
}
