import { z } from "zod";

/** An IPv4 or IPv6 address. IPv6 becomes lower case; its zeros are left as they are written. */
export const IpAddress = z
  .string()
  .refine((text) => z.union([z.ipv4(), z.ipv6()]).safeParse(text).success, "has to be an IP address, such as 10.0.0.11")
  .transform((address) => address.toLowerCase());

/**
 * A host's name: labels of letters, digits and hyphens, with or without a domain; it becomes lower case.
 *
 * @see RFC 1123, 2.1; hostname(7) for the 64 bytes that Linux gives a host's own name
 */
export const HostName = z
  .string()
  .max(253, "has to be 253 characters at most")
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i,
    "has to be a host name, such as node-1 or node-1.example.com",
  )
  .refine((name) => !/^[0-9.]+$/.test(name), "has to be a name, not a number or address")
  .transform((name) => name.toLowerCase());

/** Whether a program that talks to this address talks to its own machine. */
export function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}
