import { z } from "zod";

/** Where a chart comes from. The version is one of the chart, which need not be that of the program in it. */
export function ChartSource(defaults: { readonly repository: string; readonly version: string }) {
  return z
    .strictObject({
      repository: z
        .url({ protocol: /^https?$/, error: "has to be a URL with http or https" })
        .default(defaults.repository),
      version: z
        .string()
        .regex(/^v?\d+\.\d+\.\d+[-+.\w]*$/, "has to be the version of a chart, such as 1.2.3")
        .default(defaults.version),
    })
    .prefault({});
}

/** Values of a chart, as objects of objects. */
export const Values = z.record(z.string(), z.unknown());

export type Values = Readonly<Record<string, unknown>>;

/**
 * Lays values over others, as helm does with those of a user over those of a chart: objects are merged, lists and
 * everything else replaced.
 */
export function mergeValues(below: Values, above: Values): Values {
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const old = merged[key];
    merged[key] = isValues(old) && isValues(value) ? mergeValues(old, value) : value;
  }
  return merged;
}

/** Plain objects only: a secret is a value of its own. */
function isValues(value: unknown): value is Values {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
