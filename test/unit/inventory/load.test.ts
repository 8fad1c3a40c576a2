import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { type Inventory, loadInventory } from "../../../lib/inventory/index.ts";
import { folderWith, load, loadFiles, mistakes } from "./folder.ts";

const names = (hosts: Inventory["hosts"] | undefined) => hosts?.map(({ name }) => name).join(" ");

test("a group has its own hosts first, then those of its children, level by level", (t) => {
  const inventory = load(
    t,
    "all:\n  children:\n    web:\n      children:\n        edge: {hosts: {e1: , w2: }}\n      hosts: {w1: , w2: }\n",
  );
  t.is(names(inventory.group("web")?.hosts), "w1 w2 e1");
  t.deepEqual(inventory.group("web")?.children, ["edge"]);
  t.deepEqual(
    inventory.groups.map(({ name }) => name),
    ["all", "ungrouped", "web", "edge"],
  );
});

test("groups at the top are children of all", (t) => {
  const inventory = load(t, "web: {hosts: {w1: }}\ndb: {hosts: {d1: }}\n");
  t.is(names(inventory.hosts), "w1 d1");
  t.deepEqual(inventory.group("all")?.children, ["ungrouped", "web", "db"]);
});

test("hosts of no group, and no others, are ungrouped", (t) => {
  const inventory = load(t, "all: {hosts: {a: , w1: }}\nungrouped: {hosts: {b: , w1: }}\nweb: {hosts: {w1: }}\n");
  t.is(names(inventory.group("ungrouped")?.hosts), "b a");
  t.deepEqual(inventory.host("w1")?.groups, ["web"]);
  t.deepEqual(inventory.host("a")?.groups, ["ungrouped"]);
});

test("a host lists the groups of its groups, by name, without all", (t) => {
  const inventory = load(t, "kubernetes: {children: {cp: {hosts: {cp-1: }}}}\nasia: {hosts: {cp-1: }}\n");
  t.deepEqual(inventory.host("cp-1")?.groups, ["asia", "cp", "kubernetes"]);
});

test("a host that is listed several times has the variables of all, the last counting most", (t) => {
  const [host] = load(t, "a: {hosts: {h: {x: 1, y: 1}}}\nb: {hosts: {h: {y: 2, z: 2}}}\n").hosts;
  t.deepEqual(host?.vars, { x: 1, y: 2, z: 2 });
});

test("a word instead of a mapping is a host or a child, as in Ansible", (t) => {
  const inventory = load(t, "web: {hosts: w1, children: edge}\nedge: {hosts: e1}\n");
  t.is(names(inventory.group("web")?.hosts), "w1 e1");
});

test("JSON is YAML", (t) => {
  t.is(names(load(t, '{"all": {"hosts": {"a": {"x": 1}}}}').hosts), "a");
});

test("a byte order mark and Windows line ends do not matter", (t) => {
  t.is(names(load(t, "\uFEFFall:\r\n  hosts:\r\n    a:\r\n").hosts), "a");
});

test("a folder is all its inventories in alphabetical order, those of its folders too", (t) => {
  const folder = folderWith(t, {
    "20-b.yml": "web: {hosts: {b: }, vars: {x: b}}",
    "10-a.yaml": "web: {hosts: {a: }, vars: {x: a}}",
    "30/c.yaml": "web: {hosts: {c: }}",
    "README.md": "no inventory",
    ".hidden.yaml": "no: [inventory",
    "b.yml~": "no: [inventory",
    "group_vars/web.yaml": "y: 1",
  });
  const inventory = loadInventory(folder);
  t.is(names(inventory.hosts), "a b c");
  t.deepEqual(inventory.host("a")?.vars, { x: "b", y: 1 });
});

test("of several inventories the later ones count more, also in group_vars", (t) => {
  const folder = folderWith(t, {
    "a/lab.yaml": "web: {hosts: {a: {h: 1}}, vars: {x: a}, children: {edge: {hosts: {a: }}}}",
    "a/group_vars/edge.yaml": "y: a",
    "b/lab.yaml": "web: {hosts: {a: {h: 2}}, vars: {x: b}}",
    "b/group_vars/web.yaml": "y: b",
  });
  const [host] = loadInventory([join(folder, "a/lab.yaml"), join(folder, "b/lab.yaml")]).hosts;
  t.deepEqual(host?.vars, { x: "b", h: 2, y: "b" });
});

test("files of group_vars and host_vars that belong to nobody are named", (t) => {
  const inventory = loadFiles(t, {
    "lab.yaml": "web: {hosts: {a: }}",
    "group_vars/wbe.yaml": "x: 1",
    "group_vars/web.yaml": "x: 1",
    "host_vars/a/x.yaml": "x: 1",
    "host_vars/b.yaml": "not: [read",
  });
  t.deepEqual(
    inventory.unusedFiles.map((file) => file.split("/").slice(-2).join("/")),
    ["group_vars/wbe.yaml", "host_vars/b.yaml"],
  );
});

const wrong: [title: string, files: Record<string, string>, expected: string[]][] = [
  ["a mistyped file", { "lba.yaml": "" }, ["lab.yaml  there is no such file", "    did you mean lba.yaml?"]],
  [
    "an empty file",
    { "lab.yaml": "# nothing\n" },
    [
      "lab.yaml  found nothing, expected groups with their hosts",
      '    the smallest inventory is "all: {hosts: {NAME: }}"',
    ],
  ],
  [
    "a list",
    { "lab.yaml": "- a" },
    [
      "lab.yaml  found a list, expected groups with their hosts",
      '    the smallest inventory is "all: {hosts: {NAME: }}"',
    ],
  ],
  [
    "an INI inventory",
    { "lab.yaml": "# hosts\n[web]\nw1 ansible_host=10.0.0.1\n" },
    [
      "lab.yaml  found an INI inventory, expected a YAML inventory",
      "    convert it: ansible-inventory -i lab.yaml --list --yaml > lab.converted.yaml",
    ],
  ],
  [
    "a script",
    { "lab.yaml": "#!/bin/sh\n" },
    [
      "lab.yaml  found a script, expected a YAML inventory",
      "    convert it: ansible-inventory -i lab.yaml --list --yaml > lab.converted.yaml",
    ],
  ],
  [
    "a plugin's configuration",
    { "lab.yaml": "plugin: aws_ec2\n" },
    [
      "lab.yaml:1:1  found the configuration of an inventory plugin, expected groups with their hosts",
      "    convert it: ansible-inventory -i lab.yaml --list --yaml > lab.converted.yaml",
    ],
  ],
  [
    "tabs",
    { "lab.yaml": "all:\n\thosts:\n" },
    ["lab.yaml:2:1  not YAML: Tabs are not allowed as indentation", "    indent with spaces"],
  ],
  [
    "a file that ansible-vault encrypted",
    { "lab.yaml": "all: {hosts: a}", "group_vars/all.yaml": "$ANSIBLE_VAULT;1.1;AES256\n61" },
    [
      "group_vars/all.yaml  found a file encrypted by ansible-vault, which is not supported",
      "    decrypt it with ansible-vault, keep the secret outside the inventory (a file, a password manager) and let the playbook read it",
    ],
  ],
  [
    "variables that are a list",
    { "lab.yaml": "all: {hosts: a}", "host_vars/a.yml": "- x" },
    ["host_vars/a.yml:1:1  found no mapping, expected name: value"],
  ],
  [
    "a file beside a folder of its name, which Ansible overlooks",
    { "lab.yaml": "all: {hosts: a}", "host_vars/a/x.yml": "x: 1", "host_vars/a.yml": "x: 2" },
    ["host_vars/a.yml  found a.yml beside a, of which only one is read", "    make one of the two"],
  ],
  [
    "a mistyped key of a group",
    { "lab.yaml": "web:\n  host:\n    a:\n" },
    ["lab.yaml:2:3  group web: unknown key host", "    did you mean hosts?"],
  ],
  [
    "a host where a group's keys are",
    { "lab.yaml": "web:\n  w1:\n" },
    [
      "lab.yaml:2:3  group web: unknown key w1",
      "    hosts stand under hosts:, groups under children:, variables under vars:",
    ],
  ],
  [
    "hosts as a list",
    { "lab.yaml": "web:\n  hosts:\n    - a\n" },
    [
      "lab.yaml:3:5  group web: found a list under hosts, expected a mapping",
      '    write each as a key: "NAME:", without the dash',
    ],
  ],
  [
    "vars as a list",
    { "lab.yaml": "web:\n  vars:\n    - a: 1\n" },
    ["lab.yaml:3:5  group web: found a list under vars, expected a mapping", "    write name: value"],
  ],
  [
    "a group that is a text",
    { "lab.yaml": "web: w1\n" },
    ["lab.yaml:1:6  group web: found a text, expected a mapping with hosts, children or vars"],
  ],
  [
    "a host that is an address",
    { "lab.yaml": "web: {hosts: {a: 10.0.0.1}}\n" },
    [
      "lab.yaml:1:18  host a  found a text, expected the host's variables",
      '    write "ansible_host: 10.0.0.1" below it',
    ],
  ],
  [
    "hosts without a group",
    { "lab.yaml": "hosts:\n  a:\n" },
    ["lab.yaml:1:1  found hosts at the top, expected a group", '    put it under a group, such as "all:"'],
  ],
  [
    "a host that is a number",
    { "lab.yaml": "web: {hosts: {10: }}\n" },
    ["lab.yaml:1:15  found 10 (a number) as a key, expected a name", '    quote it: "10"'],
  ],
  [
    "a range that is none",
    { "lab.yaml": "web:\n  hosts:\n    w[3:1]:\n" },
    ["lab.yaml:3:5  host w[3:1]  found [3:1], which ends before it begins"],
  ],
  [
    "a group that no pattern could select",
    { "lab.yaml": "a:b:\n  hosts: x\n" },
    ["lab.yaml:1:1  group a:b: found a name that no pattern could select", "    a name has letters, digits and _"],
  ],
  [
    "a group in itself",
    { "lab.yaml": "a: {children: {a: }}\n" },
    ["lab.yaml:1:16  group a: found a cycle of groups, a -> a", "    take one of them out of children"],
  ],
  [
    "a cycle of groups",
    { "lab.yaml": "top: {children: {a: }}\na: {children: {b: }}\nb: {children: {c: , d: }}\nc: {children: {a: }}\n" },
    ["lab.yaml:2:16  group a: found a cycle of groups, a -> b -> c -> a", "    take one of them out of children"],
  ],
  [
    "all in another group",
    { "lab.yaml": "a: {children: {all: {hosts: x}}}\n" },
    ["lab.yaml:1:16  group all: found a cycle of groups, all -> a -> all", "    take one of them out of children"],
  ],
  [
    "a priority that is no number",
    { "lab.yaml": "a: {vars: {ansible_group_priority: high}}\n" },
    ["lab.yaml:1:12  group a  variable ansible_group_priority: found no whole number, expected one"],
  ],
  [
    "a host that hides a group",
    { "lab.yaml": "bastion: {hosts: {bastion: , other: }}\n" },
    [
      "lab.yaml:1:19  host bastion  is also the name of a group that has other hosts, which no pattern could select",
      "    rename one of them",
    ],
  ],
];

for (const [title, files, expected] of wrong) {
  test(`an inventory is refused for ${title}`, (t) =>
    t.deepEqual(
      mistakes(t, () => loadFiles(t, files)),
      expected,
    ));
}

test("a host may have the name of a group that is just this host", (t) => {
  t.is(names(load(t, "bastion: {hosts: bastion}\n").select("bastion")), "bastion");
});

test("a hosts file without a suffix is an INI inventory unless it is YAML", (t) => {
  const folder = folderWith(t, { "ini/hosts": "w1 ansible_host=10.0.0.1\n", "yaml/hosts": "---\nall: {hosts: a}\n" });
  t.regex(mistakes(t, () => loadInventory(join(folder, "ini/hosts")))[0] ?? "", /found an INI inventory/);
  t.is(names(loadInventory(join(folder, "yaml/hosts")).hosts), "a");
});

test("group_vars below the folder of the inventory, which Ansible overlooks, are a mistake", (t) => {
  const folder = folderWith(t, { "prod/lab.yaml": "all: {hosts: a}", "prod/group_vars/all.yaml": "x: 1" });
  t.regex(mistakes(t, () => loadInventory(folder))[0] ?? "", /^prod\/group_vars {2}found group_vars in a folder below/);
});

test("a folder without an inventory is a mistake", (t) => {
  const [line] = mistakes(t, () => loadInventory(folderWith(t, { "README.md": "" })));
  t.regex(line ?? "", /found no inventory, expected files named/);
});

test("bytes that are not UTF-8 are a mistake", (t) => {
  const folder = folderWith(t, {});
  const file = join(folder, "latin.yaml");
  writeFileSync(file, Buffer.from([0x61, 0x3a, 0x20, 0xe9]));
  t.deepEqual(
    mistakes(t, () => loadInventory(file)),
    ["latin.yaml  found bytes that are not UTF-8, expected a text"],
  );
});

test("all mistakes of all files are found at once, in order", (t) => {
  const lines = mistakes(t, () =>
    loadFiles(t, {
      "lab.yaml": "all:\n  vars: {ansible_prot: 1, b-d: 2}\n  hosts: {a: , a: }\n",
      "group_vars/all.yaml": "x: [1\n",
      "host_vars/a.yaml": "x: '{{ y }}'\n",
    }),
  );
  const places = lines.filter((line) => !line.startsWith("    ")).map((line) => line.split("  ")[0]);
  t.deepEqual(places, [
    "lab.yaml:2:10",
    "lab.yaml:2:27",
    "lab.yaml:3:16",
    "group_vars/all.yaml:2:1",
    "host_vars/a.yaml:1:4",
  ]);
});

test("two hundred mistakes are shown, of the others the number", (t) => {
  const groups = Array.from({ length: 250 }, (_, i) => `g${i}: text\n`).join("");
  t.is(mistakes(t, () => load(t, groups)).at(-1), "… and 50 more");
});
