/**
 * Quotes one argument for a POSIX shell. Words that no shell reads specially are left as they are, so that what
 * people see in messages looks like what they would type.
 *
 * @see POSIX.1-2024, Shell Command Language, 2.2.2 Single-Quotes
 */
export function quote(argument: string): string {
  if (/^[A-Za-z0-9_@%+:,./-]+$/.test(argument)) return argument;
  return `'${argument.replaceAll("'", `'\\''`)}'`;
}
