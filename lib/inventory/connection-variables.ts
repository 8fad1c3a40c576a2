import { z } from "zod";

/** Names of Ansible that mean the same. Only one of them may be set for a host. */
export const ALIASES: Readonly<Record<string, readonly string[]>> = {
  ansible_host: ["ansible_ssh_host"],
  ansible_port: ["ansible_ssh_port"],
  ansible_user: ["ansible_ssh_user"],
  ansible_password: ["ansible_ssh_pass", "ansible_ssh_password"],
  ansible_become_user: ["ansible_sudo_user"],
  ansible_become_password: ["ansible_become_pass", "ansible_sudo_pass"],
  ansible_ssh_private_key_file: ["ansible_private_key_file"],
  ansible_ssh_private_key_passphrase: ["ansible_private_key_passphrase"],
};

const NO_OPTIONS =
  "options of the ssh program are not supported, jump hosts neither: remove it; ansible_port, ansible_user, ansible_ssh_private_key_file and hostwright_known_hosts_file do what most options are for";
const KEYS_ARE_CHECKED =
  "host keys are always checked: remove it, and put the keys of a lab into hostwright_known_hosts_file";

/** Variables that Ansible would obey and that are refused here, with what to do instead. An empty value is no matter. */
export const REFUSED: Readonly<Record<string, string>> = {
  ansible_ssh_common_args: NO_OPTIONS,
  ansible_ssh_extra_args: NO_OPTIONS,
  ansible_ssh_args: NO_OPTIONS,
  ansible_ssh_executable: NO_OPTIONS,
  ansible_ssh_pkcs11_provider: "keys on a token are offered by an ssh agent: remove it",
  ansible_ssh_private_key: "write the key to a file with mode 0600 and name it in ansible_ssh_private_key_file",
  ansible_private_key: "write the key to a file with mode 0600 and name it in ansible_ssh_private_key_file",
  ansible_become_flags: "options of sudo are not supported: remove it",
  ansible_sudo_flags: "options of sudo are not supported: remove it",
  ansible_become_exe: "sudo is found by PATH: remove it",
  ansible_sudo_exe: "sudo is found by PATH: remove it",
};

/** Of these two the value that says what is done anyway is fine. */
export const REFUSED_WHEN_FALSE: Readonly<Record<string, string>> = {
  ansible_host_key_checking: KEYS_ARE_CHECKED,
  ansible_ssh_host_key_checking: KEYS_ARE_CHECKED,
};

/** Variables that say how Ansible does something that is done otherwise here: they are accepted and have no effect. */
export const UNUSED: ReadonlySet<string> = new Set(
  [
    "python_interpreter shell_type shell_executable group_priority pipelining ssh_pipelining timeout ssh_timeout",
    "ssh_retries ssh_use_tty ssh_transfer_method ssh_verbosity ssh_password_mechanism sshpass_prompt control_path",
    "control_path_dir ssh_control_path ssh_control_path_dir scp_executable scp_extra_args scp_if_ssh sftp_executable",
    "sftp_extra_args sftp_batch_mode module_compression remote_tmp local_tmp async_dir system_tmpdirs facts_modules",
    "interpreter_python_fallback no_target_syslog network_os connection_path connection_timeout command_timeout managed",
    "inject_fact_vars become_allow_same_user common_remote_group world_readable_temp shell_allow_world_readable_temp",
  ]
    .join(" ")
    .split(" ")
    .map((name) => `ansible_${name}`),
);

/** `ansible_ruby_interpreter` and so on. */
export const UNUSED_PATTERN = /^ansible_\w+_interpreter$/;

const PORT = "expected a number from 1 to 65535";
const BOOLEANS = new Map(["true", "yes", "on", "1", "false", "no", "off", "0"].map((word, i) => [word, i < 4]));

const text = z.string().min(1, "expected a text that is not empty");
// As in Ansible, what comes from the command line is a text: "2222" and "yes" will do.
const port = z.preprocess(
  (value) => (typeof value === "string" && /^\d{1,5}$/.test(value) ? Number(value) : value),
  z.int(PORT).min(1, PORT).max(65_535, PORT),
);
const address = text.refine(
  (value) => !/[\s/@]/.test(value) && !/^[^:[\]]+:\d+$|\]:\d+$/.test(value),
  "expected an address or a name alone; the port is ansible_port, the user ansible_user",
);
const bool = z.preprocess(
  (value) => (typeof value === "string" ? (BOOLEANS.get(value.toLowerCase()) ?? value) : value),
  z.boolean("expected true or false"),
);
const file = text.refine((value) => !/^~[^/]/.test(value), "expected a path; only ~/ stands for a home directory");
const builtin = <const T extends string>(
  names: readonly [T, ...T[]],
  also: Readonly<Record<string, T>>,
  error: string,
) => z.preprocess((value) => (typeof value === "string" ? (also[value] ?? value) : value), z.enum(names, error));

/** The variables that make a connection, each strictly what it has to be. */
export const ConnectionVariables = z.strictObject({
  ansible_connection: builtin(
    ["ssh", "local"],
    { "ansible.builtin.ssh": "ssh", "ansible.builtin.local": "local", smart: "ssh" },
    "expected ssh or local, which are the connections there are",
  ).optional(),
  ansible_host: address.optional(),
  ansible_port: port.optional(),
  ansible_user: text.optional(),
  ansible_password: text.optional(),
  ansible_ssh_private_key_file: file.optional(),
  ansible_ssh_private_key_passphrase: text.optional(),
  ansible_become: bool.optional(),
  ansible_become_method: builtin(
    ["sudo"],
    { "ansible.builtin.sudo": "sudo" },
    "expected sudo, which is the only way to become root there is",
  ).optional(),
  ansible_become_user: z.literal("root", "expected root: becoming another user is not supported").optional(),
  ansible_become_password: text.optional(),
  hostwright_known_hosts_file: file.optional(),
});
