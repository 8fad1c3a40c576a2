import { z } from "zod";

/** A Debian package by its own name, without architecture or version. */
export const PackageName = z
  .string()
  // apt-get takes a name that ends with a minus as a demand to remove the package.
  .regex(/^[a-z0-9][a-z0-9+.-]*[a-z0-9+.]$/, "has to be the name of a package, such as haproxy");

/** A version as dpkg knows it, epoch and revision included, or a pattern of one: `2.6.12-1+deb12u4`, `1.36.*`. */
export const PackageVersion = z
  .string()
  .regex(/^[0-9*][0-9A-Za-z.+:~*-]*$/, "has to be a version, such as 2.6.12-1, or a pattern, such as 1.36.*");

/** Whether a version is the wanted one, or one of the wanted pattern: `*` stands for any text, as in apt-get(8). */
export function versionMatches(version: string, wanted: string): boolean {
  const pattern = wanted.split("*").map((text) => text.replace(/[.+]/g, "\\$&"));
  return new RegExp(`^${pattern.join(".*")}$`).test(version);
}
