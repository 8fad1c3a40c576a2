import { readFileSync } from "node:fs";
import { z } from "zod";
import type { Task } from "../engine/task.ts";
import { ControllerPath } from "../params/controller-path.ts";
import { fileDigest } from "../reads/file-content.ts";
import { quote } from "../shell/quote.ts";
import { apt } from "./apt.ts";
import { command } from "./command.ts";
import { directory } from "./directory.ts";
import { file } from "./file.ts";

const BEGIN = "-----BEGIN PGP PUBLIC KEY BLOCK-----";

const ArmoredKey = z
  .string()
  .refine((text) => isArmored(text), `has to be an armored public key: text that begins with ${BEGIN}`)
  .transform((text) => `${text.trim()}\n`);

const KeyFile = z.strictObject({
  /** A file of the controller with the armored key. */
  file: ControllerPath,
});

const KeyUrl = z.strictObject({
  /** Where the host fetches the armored key, with curl. */
  url: z.url({ protocol: /^https?$/, error: "has to be a URL with http or https" }),
  /** What the file has to be; needed with http. */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "has to be a SHA-256 as sha256sum prints it")
    .optional(),
});

/**
 * The key that signs a repository of packages: its armored text, a file of the controller, or a URL that the host
 * fetches it from. All trust in the packages hangs on it, so a URL is https or comes with the file's SHA-256.
 */
export const SigningKey = z.union([ArmoredKey, KeyFile, KeyUrl]).transform((key, context): SigningKey => {
  if (typeof key === "string") return { kind: "text", text: key };
  if ("url" in key) {
    if (key.url.startsWith("https:") || key.sha256 !== undefined) return { kind: "url", ...key };
    context.addIssue("needs its sha256, since http lets anybody on the way put another key in its place");
    return z.NEVER;
  }
  try {
    return { kind: "text", text: ArmoredKey.parse(readFileSync(key.file, "utf8")) };
  } catch (error) {
    const why = error instanceof z.ZodError ? (error.issues[0]?.message ?? "") : (error as Error).message;
    context.addIssue(`cannot be taken from ${key.file}: ${why}`);
    return z.NEVER;
  }
});

export type SigningKey =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "url"; readonly url: string; readonly sha256?: string | undefined };

/** Where a repository is. A flat one has the suite `/` and no components. */
export const RepositoryUrl = z
  .url({ protocol: /^https?$/, error: "has to be a URL with http or https" })
  .refine((url) => !/^[^/]*\/\/[^/]*@/.test(url), "must not have credentials in it: apt has auth.conf.d for those");

export interface AptSource {
  /** Of its files: `NAME.sources`, and the key beside others as `KEY_NAME.asc`. */
  readonly name: string;
  readonly url: string;
  readonly suite: string;
  readonly components: readonly string[];
  readonly key: SigningKey;
  /** A key that is fetched stays until it is asked for under another name. */
  readonly keyName: string;
}

const KEYRINGS = "/etc/apt/keyrings";

/**
 * The tasks that make a signed repository known to apt: its key, and its entry as deb822, which names that key and so
 * trusts it for this repository alone. An entry of the same name in the older format of one line goes: apt refuses two
 * entries with different keys for one repository.
 *
 * @see sources.list(5), apt-secure(8)
 */
export function aptSource({ name, url, suite, components, key, keyName }: AptSource): readonly Task[] {
  const keyFile = `${KEYRINGS}/${keyName}.asc`;
  return [
    ...(key.kind === "url" ? [apt({ packages: ["ca-certificates", "curl"] })] : []),
    directory({ path: KEYRINGS }),
    key.kind === "text" ? file({ path: keyFile, content: key.text }) : fetchedKey(keyFile, key),
    file({ path: `/etc/apt/sources.list.d/${name}.list`, absent: true }),
    file({
      path: `/etc/apt/sources.list.d/${name}.sources`,
      content: sourcesText({ url, suite, components, keyFile }),
    }),
  ];
}

/** An entry in the format deb822. */
export function sourcesText(source: {
  readonly url: string;
  readonly suite: string;
  readonly components: readonly string[];
  readonly keyFile: string;
}): string {
  return [
    "# Written by Hostwright. Changes made here are undone by its next run.",
    "Types: deb",
    `URIs: ${source.url}`,
    `Suites: ${source.suite}`,
    ...(source.components.length > 0 ? [`Components: ${source.components.join(" ")}`] : []),
    `Signed-By: ${source.keyFile}`,
    "",
  ].join("\n");
}

function fetchedKey(keyFile: string, { url, sha256 }: Extract<SigningKey, { kind: "url" }>): Task {
  const temporary = `${keyFile}.new`;
  const checks = [`grep -q -e ${quote(BEGIN)} ${temporary} || { echo "no armored key at" ${quote(url)}; exit 1; }`];
  if (sha256 !== undefined) checks.push(`echo ${quote(`${sha256}  ${temporary}`)} | sha256sum -c --quiet -`);
  const common = {
    title: `signing key from ${url}`,
    run: [
      `trap 'rm -f ${temporary}' EXIT`,
      `curl -fsSL --retry 3 --max-time 60 -o ${temporary} -- ${quote(url)}`,
      ...checks,
      `chmod 0644 ${temporary}`,
      `mv -f ${temporary} ${keyFile}`,
    ].join("\n"),
  };
  if (sha256 === undefined) return command({ ...common, creates: keyFile });
  return command<string | undefined>({
    ...common,
    when: { read: fileDigest(keyFile), done: (digest) => digest === sha256 },
  });
}

function isArmored(text: string): boolean {
  return text.trim().startsWith(BEGIN) && text.includes("-----END PGP PUBLIC KEY BLOCK-----");
}
