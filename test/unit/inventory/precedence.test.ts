import test from "ava";
import { load, loadFiles, mistakes } from "./folder.ts";

/** One host in `kubernetes` > `control_plane`, with `x` written in some of the places; the value is the place's name. */
const written: Readonly<Record<string, [file: string, text: string]>> = {
  "vars of all": ["lab.yaml", ""],
  "vars of the parent": ["lab.yaml", ""],
  "vars of the child": ["lab.yaml", ""],
  "group_vars/all": ["group_vars/all.yaml", "x: group_vars/all"],
  "group_vars/parent": ["group_vars/kubernetes.yml", "x: group_vars/parent"],
  "group_vars/child": ["group_vars/control_plane.json", '{"x": "group_vars/child"}'],
  "vars of the host": ["lab.yaml", ""],
  host_vars: ["host_vars/cp-1", "x: host_vars"],
  "extra variables": ["", ""],
};
const order = Object.keys(written);

for (const [index, place] of order.entries()) {
  test(`${place} count more than ${order[index - 1] ?? "nothing"}`, (t) => {
    const places = order.slice(0, index + 1);
    const vars = (name: string) => (places.includes(name) ? `{x: ${name}}` : "{}");
    const inventory =
      `all: {vars: ${vars("vars of all")}, children: {kubernetes: {vars: ${vars("vars of the parent")}, children: ` +
      `{control_plane: {vars: ${vars("vars of the child")}, hosts: {cp-1: ${vars("vars of the host")}}}}}}}`;
    const files = places
      .map((name) => written[name] ?? ["", ""])
      .filter(([file]) => file !== "" && file !== "lab.yaml");
    const options = place === "extra variables" ? { extraVars: { x: place } } : {};
    const [host] = loadFiles(t, { "lab.yaml": inventory, ...Object.fromEntries(files) }, options).hosts;
    t.is(host?.vars.x, place);
  });
}

test("of groups at the same depth the last by name counts most", (t) => {
  const [host] = load(t, "beta: {hosts: h, vars: {x: beta}}\nalpha: {hosts: h, vars: {x: alpha}}\n").hosts;
  t.is(host?.vars.x, "beta");
});

test("ansible_group_priority comes before the name, but not before depth", (t) => {
  const groups = (priority: string) =>
    `alpha: {hosts: h, vars: {x: alpha, ${priority}}}\nbeta: {hosts: h, vars: {x: beta}}\n`;
  t.is(load(t, groups("ansible_group_priority: 10")).hosts[0]?.vars.x, "alpha");
  t.is(load(t, groups('ansible_group_priority: "10"')).hosts[0]?.vars.x, "alpha");
  const deeper = `${groups("ansible_group_priority: 10")}top: {children: {deep: {hosts: h, vars: {x: deep}}}}\n`;
  t.is(load(t, deeper).hosts[0]?.vars.x, "deep");
});

test("ansible_group_priority where Ansible overlooks it is a mistake", (t) => {
  const files = { "lab.yaml": "web: {hosts: h}", "group_vars/web.yaml": "ansible_group_priority: 10" };
  t.deepEqual(
    mistakes(t, () => loadFiles(t, files)),
    [
      "group_vars/web.yaml:1:1  host h  variable ansible_group_priority: found where it has no effect",
      "    it counts only under vars of a group in the inventory file, for Ansible too",
    ],
  );
});

test("depth is that of the longest way from all", (t) => {
  const inventory =
    "a: {children: {b: {children: {c: }}, c: {hosts: h, vars: {x: c}}}}\nz: {children: {y: {hosts: h, vars: {x: y}}}}\n";
  t.is(load(t, inventory).hosts[0]?.vars.x, "c");
});

test("a value replaces the one before it as a whole", (t) => {
  const [host] = load(t, "all: {vars: {api: {port: 1, host: a}}, hosts: {h: {api: {port: 2}}}}").hosts;
  t.deepEqual(host?.vars.api, { port: 2 });
});

test("files of a folder for one group are merged by name, its folders too", (t) => {
  const [host] = loadFiles(t, {
    "lab.yaml": "web: {hosts: h}",
    "group_vars/web/a.yml": "x: a\na: 1",
    "group_vars/web/b": "x: b",
    "group_vars/web/c/d.json": '{"x": "d"}',
    "group_vars/web/.e.yml": "x: e",
    "group_vars/web/f.yml~": "x: f",
    "group_vars/web/g.txt": "x: g",
  }).hosts;
  t.deepEqual(host?.vars, { x: "d", a: 1 });
});

test("extra variables of several sources: the last counts most", (t) => {
  const [host] = load(t, "all: {hosts: h}", { extraVars: [{ x: 1, y: 1 }, { y: 2 }] }).hosts;
  t.deepEqual(host?.vars, { x: 1, y: 2 });
});

test("mistakes in extra variables are named as theirs", (t) => {
  const extraVars = { "api-port": 1, url: "{{ x }}", ansible_port: "none" };
  const lines = mistakes(t, () => load(t, "all: {hosts: h}", { extraVars })).filter((line) => !line.startsWith(" "));
  t.deepEqual(lines, [
    '--extra-vars  found "api-port", expected the name of a variable',
    "--extra-vars  variable url: found a template",
    '--extra-vars  host h  variable ansible_port: found "none", expected a number from 1 to 65535',
  ]);
});
