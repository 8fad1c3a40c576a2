import { z } from "zod";

const TYPES = "service|socket|target|timer|path|mount|automount|swap|slice|scope|device";
const SUFFIX = new RegExp(`\\.(${TYPES})$`);

const Name = z
  .string()
  .max(240)
  .regex(/^[A-Za-z0-9:_.\\@-]+$/, "has to be the name of a unit, such as haproxy.service");

/** A unit as systemctl takes it: a name without a type is a service. A template needs its instance: `getty@tty1`. */
export const UnitName = Name.transform(withType).refine((name) => !isTemplate(name), {
  error: "is a template: name an instance of it, such as getty@tty1.service",
});

/** A unit that a file describes, templates (`getty@.service`) included. */
export const UnitFileName = Name.transform(withType);

/** The file of a drop-in: `10-limits.conf`. They are read in the order of their names. */
export const DropInName = z
  .string()
  .regex(
    /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,200}\.conf$/,
    "has to be a file name that ends with .conf, such as 10-limits.conf",
  );

function withType(name: string): string {
  return SUFFIX.test(name) ? name : `${name}.service`;
}

export function isTemplate(unit: string): boolean {
  return /@\.[a-z]+$/.test(unit);
}
