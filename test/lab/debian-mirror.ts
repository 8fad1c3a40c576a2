import { readdirSync } from "node:fs";
import { join } from "node:path";
import { capture } from "./command.ts";
import { readIfThere } from "./process.ts";

/** Where the machine itself gets Debian from: the lab's hosts get it from there too. */
export interface Mirror {
  readonly archive: string;
  readonly updates: boolean;
  /** Undefined where the machine has no security suite. */
  readonly security: string | undefined;
}

interface AptSource {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
}

export const debian = "http://deb.debian.org/debian";
export const debianSecurity = "http://deb.debian.org/debian-security";

/** Reads the machine's apt sources. A machine without usable ones (not Debian, `mirror+file:`) gets Debian's default. */
export function machineMirror(etcApt = "/etc/apt"): Mirror {
  const sources = parseOneLine(readIfThere(join(etcApt, "sources.list")) ?? "");
  for (const name of readdirSync(join(etcApt, "sources.list.d")).toSorted()) {
    const text = readIfThere(join(etcApt, "sources.list.d", name)) ?? "";
    if (name.endsWith(".list")) sources.push(...parseOneLine(text));
    if (name.endsWith(".sources")) sources.push(...parseDeb822(text));
  }
  return chooseMirror(sources);
}

export function chooseMirror(sources: readonly AptSource[]): Mirror {
  const usable = sources.filter(({ uri, components }) => /^https?:/.test(uri) && components.includes("main"));
  // Other vendors also have suites called "bookworm" or "stable" with a component "main": only the path tells.
  const archive = usable.find(({ uri }) => /\/debian\/?$|\/archive\/debian\/[^/]+\/?$/.test(uri));
  if (!archive) return { archive: debian, updates: true, security: debianSecurity };
  const ofArchive = usable.filter(({ uri }) => uri === archive.uri);
  const security = usable.find(
    ({ uri, suites }) =>
      /debian-security|security\.debian\.org/.test(uri) && suites.some((s) => s.includes("security")),
  );
  return {
    archive: archive.uri.replace(/\/$/, ""),
    updates: ofArchive.some(({ suites }) => suites.some((suite) => suite.endsWith("-updates"))),
    security: security?.uri.replace(/\/$/, ""),
  };
}

/** sources.list(5), one-line style: `deb [options] uri suite component…`. */
export function parseOneLine(text: string): AptSource[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
    const [, uri, suite, components] = match ?? [];
    return uri && suite ? [{ uri, suites: [suite], components: words(components) }] : [];
  });
}

/** sources.list(5), deb822 style: stanzas of `Key: value`, a value goes on in lines that start with a blank. */
export function parseDeb822(text: string): AptSource[] {
  const body = text.replace(/^#.*\n?/gm, "");
  return body.split(/\n\s*\n/).flatMap((stanza) => {
    const fields = new Map<string, string>();
    for (const [, key, value] of stanza.replace(/\n[ \t]+/g, " ").matchAll(/^([\w-]+):[ \t]*(.*)$/gm))
      if (key) fields.set(key.toLowerCase(), value ?? "");
    if (/^(no|false|0)$/i.test(fields.get("enabled") ?? "") || !words(fields.get("types")).includes("deb")) return [];
    const suites = words(fields.get("suites"));
    return words(fields.get("uris")).map((uri) => ({ uri, suites, components: words(fields.get("components")) }));
  });
}

export interface AptSettings {
  /** The proxy that the machine's apt goes through. */
  readonly proxy: string | undefined;
  /** False on a machine that lives with a mirror frozen in the past; then its hosts have to as well. */
  readonly checkValidUntil: boolean;
}

export async function machineAptSettings(env: NodeJS.ProcessEnv = process.env): Promise<AptSettings> {
  const { stdout } = await capture("apt-config", ["dump"]);
  const setting = (name: string) => new RegExp(`^${name} "(.*)";$`, "im").exec(stdout)?.[1];
  const proxy = setting("Acquire::http::Proxy") || env.http_proxy;
  return {
    proxy: proxy && proxy !== "DIRECT" ? proxy : undefined,
    checkValidUntil: !/^(false|no|0)$/i.test(setting("Acquire::Check-Valid-Until") ?? "true"),
  };
}

function words(text: string | undefined): string[] {
  return (text ?? "").split(/\s+/).filter(Boolean);
}
