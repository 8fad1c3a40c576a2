/** What to do instead of what only Ansible can, in the words of messages. */

export const TEMPLATE_REMEDY =
  "templates are TypeScript here: compute it in the playbook (its schema's transform); for literal braces write !unsafe before the text";

export const VAULT_REMEDY =
  "decrypt it with ansible-vault, keep the secret outside the inventory (a file, a password manager) and let the playbook read it";

/** How an inventory of another kind becomes one that can be read. */
export function convertRemedy(file: string): string {
  return `convert it: ansible-inventory -i ${file} --list --yaml > ${file.replace(/\.[^./]*$/, "")}.converted.yaml`;
}
