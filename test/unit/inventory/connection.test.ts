import { homedir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { type Connection, loadInventory } from "../../../lib/inventory/index.ts";
import { folderWith, load, loadFiles, mistakes } from "./folder.ts";

const plain: Connection = { kind: "ssh", address: "cp-1", port: 22, become: false };

const connections: [title: string, vars: string, expected: Connection][] = [
  ["is ssh to port 22 of its name", "", plain],
  ["takes the address of ansible_host", "ansible_host: 10.0.0.1", { ...plain, address: "10.0.0.1" }],
  ["takes the old name ansible_ssh_host too", "ansible_ssh_host: 10.0.0.1", { ...plain, address: "10.0.0.1" }],
  ["takes an IPv6 address with and without brackets", 'ansible_host: "[fe80::1]"', { ...plain, address: "fe80::1" }],
  ["takes ansible_port", "ansible_port: 2222", { ...plain, port: 2222 }],
  ["takes ansible_port from a text, as the command line gives it", 'ansible_port: "2222"', { ...plain, port: 2222 }],
  ["takes ansible_user", "ansible_user: admin", { ...plain, user: "admin" }],
  ["may be local", "ansible_connection: local", { ...plain, kind: "local" }],
  ["may be given by a full name", "ansible_connection: ansible.builtin.ssh", plain],
  [
    "becomes root with a password",
    "ansible_become: yes, ansible_become_pass: pw, ansible_become_user: root, ansible_become_method: sudo",
    { ...plain, become: true, becomePassword: "pw" },
  ],
  ["takes ansible_become from a text", 'ansible_become: "True"', { ...plain, become: true }],
  ["takes a password by its old name", "ansible_ssh_pass: pw", { ...plain, password: "pw" }],
  [
    "takes a key with its passphrase",
    "ansible_ssh_private_key_file: /k, ansible_ssh_private_key_passphrase: pp",
    { ...plain, privateKeyFile: "/k", privateKeyPassphrase: "pp" },
  ],
  [
    "reads ~/ as the home directory it is told",
    "ansible_private_key_file: ~/.ssh/k",
    { ...plain, privateKeyFile: "/home/me/.ssh/k" },
  ],
  [
    "overlooks what only Ansible needs",
    "ansible_python_interpreter: /usr/bin/python3, ansible_ruby_interpreter: x, ansible_shell_type: sh, ansible_pipelining: true, ansible_ssh_common_args: '', ansible_host_key_checking: true",
    plain,
  ],
];

for (const [title, vars, expected] of connections) {
  test(`a connection ${title}`, (t) => {
    const [host] = load(t, `all: {hosts: {cp-1: {${vars}}}}`, { home: "/home/me" }).hosts;
    t.deepEqual(host?.connection, expected);
    t.deepEqual(host?.vars, {});
  });
}

test("a port after a host's name is the least of its ports", (t) => {
  const inventory = load(t, "all: {hosts: {'a:2222': , 'b:2222': {ansible_port: 23}}, vars: {ansible_port: 24}}");
  t.deepEqual(
    inventory.hosts.map(({ name, connection }) => [name, connection.port]),
    [
      ["a", 2222],
      ["b", 23],
    ],
  );
});

test("relative paths start at the inventory's folder, wherever in it the variable is written", (t) => {
  const folder = folderWith(t, {
    "lab.yaml": "all: {hosts: {a: {hostwright_known_hosts_file: lab/known_hosts}}}",
    "group_vars/all/main.yaml": "ansible_ssh_private_key_file: ../keys/lab",
  });
  const [host] = loadInventory(join(folder, "lab.yaml")).hosts;
  t.is(host?.connection.knownHostsFile, join(folder, "lab/known_hosts"));
  t.is(host?.connection.privateKeyFile, join(folder, "../keys/lab"));
});

test("relative paths from the command line start where the command was given", (t) => {
  const extraVars = { ansible_ssh_private_key_file: "keys/lab" };
  t.is(load(t, "all: {hosts: a}", { extraVars }).hosts[0]?.connection.privateKeyFile, join(process.cwd(), "keys/lab"));
});

test("without another home directory ~/ is the user's", (t) => {
  const [host] = load(t, "all: {hosts: {a: {ansible_ssh_private_key_file: ~/k}}}").hosts;
  t.is(host?.connection.privateKeyFile, join(homedir(), "k"));
});

const OPTIONS =
  "    options of the ssh program are not supported, jump hosts neither: remove it; ansible_port, ansible_user, ansible_ssh_private_key_file and hostwright_known_hosts_file do what most options are for";

const refused: [title: string, vars: string, expected: string[]][] = [
  ["a port that is a word", "ansible_port: ssh", ['ansible_port: found "ssh", expected a number from 1 to 65535']],
  ["a port that is too large", "ansible_port: 65536", ["ansible_port: found 65536, expected a number from 1 to 65535"]],
  ["a port by its old name", "ansible_ssh_port: 0", ["ansible_ssh_port: found 0, expected a number from 1 to 65535"]],
  [
    "an address with a port",
    "ansible_host: 10.0.0.1:22",
    [
      'ansible_host: found "10.0.0.1:22", expected an address or a name alone; the port is ansible_port, the user ansible_user',
    ],
  ],
  [
    "an address with a user",
    "ansible_host: root@a",
    [
      'ansible_host: found "root@a", expected an address or a name alone; the port is ansible_port, the user ansible_user',
    ],
  ],
  ["a user that is empty", "ansible_user: ''", ['ansible_user: found "", expected a text that is not empty']],
  ["a user that is not there", "ansible_user: ", ["ansible_user: found nothing, expected string"]],
  [
    "a connection there is not",
    "ansible_connection: docker",
    ['ansible_connection: found "docker", expected ssh or local, which are the connections there are'],
  ],
  [
    "another way to become root",
    "ansible_become_method: su",
    ['ansible_become_method: found "su", expected sudo, which is the only way to become root there is'],
  ],
  [
    "becoming another user",
    "ansible_become_user: bob",
    ['ansible_become_user: found "bob", expected root: becoming another user is not supported'],
  ],
  ["an unclear become", "ansible_become: sudo", ['ansible_become: found "sudo", expected true or false']],
  [
    "a password that is a number, which it does not show",
    "ansible_password: 1234",
    ["ansible_password: found a number (not shown), expected string"],
  ],
  [
    "the home of another user",
    "ansible_ssh_private_key_file: ~bob/k",
    ["ansible_ssh_private_key_file: found a string (not shown), expected a path; only ~/ stands for a home directory"],
  ],
  [
    "options for ssh",
    "ansible_ssh_common_args: -o ProxyJump=x",
    ["ansible_ssh_common_args: is not supported", OPTIONS],
  ],
  [
    "switching off host keys",
    "ansible_host_key_checking: no",
    [
      "ansible_host_key_checking: is not supported",
      "    host keys are always checked: remove it, and put the keys of a lab into hostwright_known_hosts_file",
    ],
  ],
  [
    "two names for one thing",
    "ansible_password: a, ansible_ssh_pass: b",
    ["ansible_ssh_pass: ansible_password means the same and is set too", "    keep one"],
  ],
  ["a mistyped name", "ansible_usr: root", ["ansible_usr: is unknown", "    did you mean ansible_user?"]],
  [
    "a mistyped name of Hostwright's",
    "hostwright_known_host_file: x",
    ["hostwright_known_host_file: is unknown", "    did you mean hostwright_known_hosts_file?"],
  ],
  [
    "a name that is nobody's",
    "ansible_zebra_stripes: 1",
    [
      "ansible_zebra_stripes: is unknown",
      "    ansible_ and hostwright_ begin names of connection variables: choose another name",
    ],
  ],
];

for (const [title, vars, [problem, ...rest]] of refused) {
  test(`refused is ${title}`, (t) => {
    const lines = mistakes(t, () => load(t, `all:\n  hosts:\n    cp-1: {${vars}}`));
    t.regex(lines[0] ?? "", /^lab\.yaml:3:\d+ {2}host cp-1 {2}variable /);
    t.deepEqual([lines[0]?.split("  variable ")[1], ...lines.slice(1)], [problem, ...rest]);
  });
}

test("a mistake in a group's variable is one line, at its place, with its hosts", (t) => {
  const files = { "lab.yaml": "web: {hosts: {'w[1:12]': }}", "group_vars/web.yaml": "# port\nansible_port: x\n" };
  t.deepEqual(
    mistakes(t, () => loadFiles(t, files)),
    [
      'group_vars/web.yaml:2:1  12 hosts: w1, w2, w3, …  variable ansible_port: found "x", expected a number from 1 to 65535',
    ],
  );
});
