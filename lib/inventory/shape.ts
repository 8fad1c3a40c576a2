import type { z } from "zod";

/** The parts of zod's definitions that lead to the keys of an object. */
interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
  readonly innerType?: z.core.$ZodType;
  readonly in?: z.core.$ZodType;
  readonly out?: z.core.$ZodType;
  readonly element?: z.core.$ZodType;
  readonly valueType?: z.core.$ZodType;
  readonly left?: z.core.$ZodType;
  readonly right?: z.core.$ZodType;
  readonly options?: readonly z.core.$ZodType[];
  readonly items?: readonly z.core.$ZodType[];
  readonly getter?: () => z.core.$ZodType;
}

/** The names of keys that a schema knows at a path, as far as they can be seen: for "did you mean". */
export function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  const definition = schema._zod.def as Definition;
  const [first, ...rest] = path;
  const wrapped = [definition.innerType, definition.in, definition.left, definition.right, definition.getter?.()];
  // Of a pipe, the side that is read; a transform before it has no keys, so then the other side.
  const inside = [...wrapped, ...(definition.options ?? [])].filter((inner) => inner !== undefined);
  if (inside.length > 0) {
    const keys = inside.flatMap((inner) => keysAt(inner, path));
    return keys.length > 0 || !definition.out ? [...new Set(keys)] : keysAt(definition.out, path);
  }
  if (first === undefined) return Object.keys(definition.shape ?? {});
  const next =
    definition.shape?.[String(first)] ??
    definition.items?.[Number(first)] ??
    definition.element ??
    definition.valueType;
  return next ? keysAt(next, rest) : [];
}
