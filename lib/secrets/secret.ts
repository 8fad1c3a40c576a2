import { inspect } from "node:util";
import { z } from "zod";

/** What is shown in place of a secret. */
export const MASK = "********";

/** Holds a text that shows itself as {@link MASK}, however it is printed. */
abstract class Masked {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself. Whoever calls this takes over the care for it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return `${this.constructor.name}(${MASK})`;
  }
}

/**
 * A value that no message, event, diff or process list may show. It can be put into files and standard input through
 * `content(secret)`; command arguments do not accept it (a type error).
 *
 * @example
 * const password = new Secret("hunter2");
 * `${password}` // "********"
 */
export class Secret extends Masked {
  readonly kind = "secret";
}

/**
 * Text with secrets in it: a configuration file with a password, a kubeconfig. Its diff masks both sides, and what a
 * host has in its place is read as a digest only, because nobody can mask an old value that is not known.
 */
export class SecretText extends Masked {
  readonly kind = "secret-text";
  readonly secrets: readonly Secret[];

  constructor(value: string, secrets: readonly Secret[]) {
    super(value);
    this.secrets = secrets;
  }
}

/**
 * Text built from secrets and ordinary values.
 *
 * @example
 * secretText`auth_pass ${password}\n`
 */
export function secretText(
  strings: TemplateStringsArray,
  ...values: readonly (string | number | Secret | SecretText)[]
): SecretText {
  const secrets: Secret[] = [];
  const reveal = (value: string | number | Secret | SecretText): string => {
    if (value instanceof Secret) secrets.push(value);
    else if (value instanceof SecretText) secrets.push(...value.secrets);
    else return String(value);
    return value.reveal();
  };
  const text = strings.map((literal, index) => literal + (index < values.length ? reveal(values[index] ?? "") : ""));
  return new SecretText(text.join(""), secrets);
}

/** A string of the inventory that becomes a {@link Secret}; a Secret passes as it is. */
export const SecretString = z
  .union([z.instanceof(Secret), z.string().min(1)])
  .transform((value) => (typeof value === "string" ? new Secret(value) : value));

/**
 * All secrets found in a value, however deep: parameters of tasks and roles, connection settings. Of a text with secrets
 * those that it is made of; where it names none, all of it. (Each line of a configuration would be masked otherwise,
 * wherever it is shown.)
 */
export function secretsIn(value: unknown, seen = new Set<unknown>()): readonly Secret[] {
  if (value instanceof Secret) return [value];
  if (value instanceof SecretText) return value.secrets.length > 0 ? value.secrets : [new Secret(value.reveal())];
  if (typeof value !== "object" || value === null || Buffer.isBuffer(value) || seen.has(value)) return [];
  seen.add(value);
  return Object.values(value).flatMap((member) => secretsIn(member, seen));
}
