import test from "ava";
import { load, mistakes, withVars } from "./folder.ts";

const values: [title: string, written: string, expected: unknown][] = [
  ["a word is a text", "lab", "lab"],
  ["yes is true, as in Ansible", "yes", true],
  ["Off is false, as in Ansible", "Off", false],
  ["y is a text, as in Ansible", "y", "y"],
  ["a quoted yes is a text", '"yes"', "yes"],
  ["nothing is null", "", null],
  ["~ is null", "~", null],
  ["a number is one", "6443", 6443],
  ["a negative number is one", "-5", -5],
  ["an underscore in a number is overlooked", "1_000", 1000],
  ["a leading zero makes it octal, as in Ansible", "0644", 420],
  ["what cannot be octal is a text, as in Ansible", "089", "089"],
  ["0x makes it hexadecimal", "0x1F", 31],
  ["0b makes it binary", "-0b11", -3],
  ["0o makes it octal", "0o17", 15],
  ["a fraction is one", "1.5", 1.5],
  ["a fraction may have an exponent", "1.5e3", 1500],
  ["a digest that looks like an exponent stays a text, as in Ansible", "12e4567", "12e4567"],
  ["hours and minutes stay a text, other than in Ansible", "22:30", "22:30"],
  ["a date stays a text, other than in Ansible", "2024-01-01", "2024-01-01"],
  ["an address stays a text", "10.0.0.1", "10.0.0.1"],
  [".inf is infinite", "-.inf", Number.NEGATIVE_INFINITY],
  ["a list keeps its types", '[1, "1", yes, null]', [1, "1", true, null]],
  ["a mapping keeps its types", "{a: 1, b: {c: [x]}}", { a: 1, b: { c: ["x"] } }],
  ["keys inside a value need not be names", "{80: http, yes: 1}", { 80: "http", yes: 1 }],
  ["a block keeps its line ends", "|\n  a\n  b", "a\nb\n"],
  ["a tag makes a text of a number", "!!str 10", "10"],
  ["!unsafe keeps braces", '!unsafe "{{.Names}}"', "{{.Names}}"],
  ["one pair of braces in a text is fine", '"${HOME} {#x} a}}b{{c"', "${HOME} {#x} a}}b{{c"],
];

for (const [title, written, expected] of values) {
  test(`as a value, ${title}`, (t) => {
    t.deepEqual(load(t, withVars(`x: ${written}`)).hosts[0]?.vars.x, expected);
  });
}

test("aliases and merge keys give what they stand for, keys of one's own counting more", (t) => {
  const vars = "base: &base {a: 1, b: 1}\nother: &other {b: 2, c: 2}\nx: {<<: [*base, *other], a: 9}\ny: *base";
  const [host] = load(t, withVars(vars)).hosts;
  t.deepEqual(host?.vars.x, { a: 9, b: 1, c: 2 });
  t.is(host?.vars.y, host?.vars.base);
});

test("an anchor that is given again counts from there on", (t) => {
  const [host] = load(t, withVars("a: &n 1\nb: *n\nc: &n 2\nd: *n")).hosts;
  t.deepEqual([host?.vars.b, host?.vars.d], [1, 2]);
});

test("values are frozen, since hosts share them", (t) => {
  const [one, two] = load(t, withVars("x: {list: [1]}")).hosts;
  t.is(one?.vars.x, two?.vars.x);
  t.true(Object.isFrozen(one?.vars));
  t.true(Object.isFrozen((one?.vars.x as { list: unknown } | undefined)?.list));
});

const refused: [title: string, vars: string, expected: string[]][] = [
  [
    "a template, with its place",
    'url: "https://{{ vip }}/"',
    [
      'lab.yaml:7:10  variable url: found a template, "https://{{ vip }}/"',
      "    templates are TypeScript here: compute it in the playbook (its schema's transform); for literal braces write !unsafe before the text",
    ],
  ],
  [
    "a template's text when its name is secret",
    'db_password: "{{ pw }}"',
    ["lab.yaml:7:18  variable db_password: found a template, a string (not shown)"],
  ],
  [
    "a template deep inside a value",
    'a: {b: [1, "{% if x %}"]}',
    ['lab.yaml:7:16  variable a.b[1]: found a template, "{% if x %}"'],
  ],
  ["braces without quotes", "a: {{ vip }}", ["lab.yaml:7:8  found {{ … }}, expected a value"]],
  [
    "a vault",
    "token: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162",
    [
      "lab.yaml:7:19  variable token: found !vault, which is not supported",
      "    decrypt it with ansible-vault, keep the secret outside the inventory (a file, a password manager) and let the playbook read it",
    ],
  ],
  ["another tag", "a: !secret x", ["lab.yaml:7:16  variable a: found the tag !secret, which is not supported"]],
  ["a set", "a: !!set {x, y}", ["lab.yaml:7:14  variable a: found the tag !!set, which is not supported"]],
  [
    "a number that would lose digits",
    "id: 12345678901234567890",
    [
      "lab.yaml:7:9  variable id: found 12345678901234567890, which is too large for a number",
      '    quote it: "12345678901234567890"',
    ],
  ],
  [
    "a key that is given twice",
    "a: 1\nb: 2\na: 3",
    ["lab.yaml:9:5  a is there twice", "    the first is in line 7: keep one"],
  ],
  [
    "a key that is given twice inside a value",
    "a: {b: 1, b: 2}",
    ["lab.yaml:7:15  b is there twice", "    the first is in line 7: keep one"],
  ],
  [
    "a name that is no variable's",
    "api-port: 1",
    [
      'lab.yaml:7:5  found "api-port", expected the name of a variable',
      "    a name has letters, digits and _, and begins with a letter or _",
    ],
  ],
  [
    "a name that is a number",
    "80: http",
    ["lab.yaml:7:5  found 80 (a number) as a key, expected a name", '    quote it: "80"'],
  ],
  [
    "a name that would reach into the language",
    "a: {__proto__: {x: 1}}",
    ["lab.yaml:7:9  found the name __proto__, which is not allowed"],
  ],
  ["a merge of what is no mapping", "a: {<<: 1}", ["lab.yaml:7:13  found << without a mapping to merge"]],
];

for (const [title, vars, expected] of refused) {
  test(`refused is ${title}`, (t) => {
    const lines = mistakes(t, () => load(t, withVars(vars)));
    t.deepEqual(lines.slice(0, expected.length), expected);
    t.true(lines.slice(expected.length).every((line) => line.startsWith("    ")));
  });
}

test("a value that contains itself does not hang", (t) => {
  t.deepEqual(load(t, withVars("a: &a [1, *a]")).hosts[0]?.vars.a, [1, null]);
});

test("ten levels of ten aliases cost ten readings", (t) => {
  const levels = Array.from(
    { length: 10 },
    (_, i) =>
      `l${i}: &l${i} [${
        i
          ? Array(10)
              .fill(`*l${i - 1}`)
              .join(", ")
          : 1
      }]`,
  );
  const [host] = load(t, withVars(levels.join("\n"))).hosts;
  t.is((host?.vars.l9 as unknown[] | undefined)?.length, 10);
});
