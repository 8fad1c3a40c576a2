import { Secret, SecretText } from "../secrets/secret.ts";

/** A value with what its secrets hold in their place. Whoever calls this takes over the care for it. */
export function reveal(value: unknown): unknown {
  if (value instanceof Secret || value instanceof SecretText) return value.reveal();
  if (Array.isArray(value)) return value.map(reveal);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, reveal(member)]));
}

/** Whether a secret is in the value, however deep. */
export function hasSecret(value: unknown): boolean {
  if (value instanceof Secret || value instanceof SecretText) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(hasSecret);
}
