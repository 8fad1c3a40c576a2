import { z } from "zod";

/** An absolute path in normal form: no `..`, no double or trailing slash, no control characters or backslashes. */
export const AbsolutePath = z
  .string()
  .regex(
    /^\/(?!.*(\/\/|\/\.\.?(\/|$)))[^\x00-\x1f\x7f\\]*$/,
    "has to be an absolute path in normal form, such as /etc/hosts",
  )
  .refine((path) => path === "/" || !path.endsWith("/"), "must not end with a slash");

/** Three or four octal digits, as text: `"0644"`. A number would lose its meaning: 644 is 0o1204. */
export const FileMode = z
  .string()
  .regex(/^[0-7]{3,4}$/, 'has to be three or four octal digits in quotes, such as "0644"')
  .transform((mode) => mode.padStart(4, "0"));

/** A user or group by name. */
export const AccountName = z
  .string()
  .regex(/^[a-z_][a-z0-9_.-]{0,30}\$?$/i, "has to be the name of a user or group, such as www-data");
