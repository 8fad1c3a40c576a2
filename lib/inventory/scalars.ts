import { Scalar, type ScalarTag, type Tags } from "yaml";

/**
 * What plain words in an inventory mean: what they mean to Ansible, which reads YAML 1.1 with PyYAML (`yes` is true,
 * `0644` is octal, `1e3` is a text), but for two readings that nobody wants: `22:22` (1342 to PyYAML, base 60) and
 * `2024-01-01` (a date object) stay texts.
 *
 * @see https://yaml.org/type/bool.html https://yaml.org/type/int.html https://yaml.org/type/float.html
 */
export function plainScalars(core: Tags): Tags {
  const replaced = new Set(["bool", "int", "float"].map((name) => `tag:yaml.org,2002:${name}`));
  const kept = core.filter((tag) => typeof tag === "string" || !replaced.has(tag.tag));
  return [...kept, bool, octal, decimal, hexadecimal, octalOf12, binary, float, infinity];
}

const bool = scalar(
  "bool",
  /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/,
  (text) => /^(?:y|t|on)/i.test(text),
);
const octal = scalar("int", /^[-+]?0[0-7_]+$/, (text) => integer(text, 8));
const decimal = scalar("int", /^[-+]?(?:0|[1-9][0-9_]*)$/, (text) => integer(text, 10));
const hexadecimal = scalar("int", /^[-+]?0x[0-9a-fA-F_]+$/, (text) => integer(text.replace("0x", ""), 16));
const octalOf12 = scalar("int", /^0o[0-7]+$/, (text) => integer(text.slice(2), 8));
const binary = scalar("int", /^[-+]?0b[01_]+$/, (text) => integer(text.replace("0b", ""), 2));
const float = scalar("float", /^[-+]?(?:\.[0-9][0-9_]*|[0-9][0-9_]*\.[0-9_]*)(?:[eE][-+]?[0-9]+)?$/, (text) =>
  Number.parseFloat(text.replaceAll("_", "")),
);
const infinity = scalar("float", /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/, (text) =>
  /nan/i.test(text) ? Number.NaN : text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY,
);

function integer(text: string, base: number): number {
  return Number.parseInt(text.replaceAll("_", ""), base);
}

function scalar(name: string, test: RegExp, read: (text: string) => unknown): ScalarTag {
  return { tag: `tag:yaml.org,2002:${name}`, default: true, test, resolve: (text) => new Scalar(read(text)) };
}
