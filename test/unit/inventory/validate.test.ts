import { join } from "node:path";
import test from "ava";
import { z } from "zod";
import { UsageError } from "../../../lib/errors.ts";
import { isSecret, validateVars } from "../../../lib/inventory/index.ts";
import { folderWith, load, loadFiles, mistakes, withVars } from "./folder.ts";

test("variables are what the schema makes of them, host by host", (t) => {
  const schema = z.strictObject({
    port: z.int().default(6443),
    name: z.string().transform((name) => name.toUpperCase()),
  });
  const vars = validateVars(load(t, "all: {hosts: {a: {port: 1}, b: }, vars: {name: x, ansible_port: 2}}"), schema);
  t.deepEqual(
    [...vars],
    [
      ["a", { port: 1, name: "X" }],
      ["b", { port: 6443, name: "X" }],
    ],
  );
});

test("a schema may be refined and transformed as a whole", (t) => {
  const schema = z
    .object({ low: z.int(), high: z.int() })
    .refine(({ low, high }) => low < high, { path: ["low"], error: "expected less than high" })
    .transform(({ low, high }) => high - low);
  t.is(validateVars(load(t, "all: {hosts: a, vars: {low: 1, high: 3}}"), schema).get("a"), 2);
  t.deepEqual(
    mistakes(t, () => validateVars(load(t, "all: {hosts: a, vars: {low: 5, high: 3}}"), schema)),
    ["lab.yaml:1:24  host a  variable low: found 5, expected less than high"],
  );
});

test("only the hosts that are named are validated", (t) => {
  const inventory = load(t, "all: {hosts: {a: {x: 1}, b: {x: wrong}}}");
  t.deepEqual([...validateVars(inventory, z.object({ x: z.number() }), inventory.select("a")).keys()], ["a"]);
  t.deepEqual(
    [...validateVars(inventory, z.object({ y: z.number().default(1) }), inventory.select("localhost")).keys()],
    ["localhost"],
  );
});

test("variables of other playbooks are fine unless the schema is strict", (t) => {
  const inventory = load(t, "all: {hosts: a, vars: {other: 1}}");
  t.deepEqual(validateVars(inventory, z.object({})).get("a"), {});
  t.deepEqual(
    mistakes(t, () => validateVars(inventory, z.strictObject({}))),
    ["lab.yaml:1:24  host a  variable other: is unknown"],
  );
});

const issues: [title: string, schema: z.ZodType, vars: string, expected: string[]][] = [
  ["a text for a number", z.number(), "64x43", ['found "64x43", expected number']],
  ["a number in quotes", z.number(), '"6443"', ['found "6443", expected number', "write it without quotes: 6443"]],
  ["a fraction", z.int(), "1.5", ["found 1.5, expected a whole number"]],
  [
    "a version without quotes, as it is written",
    z.string(),
    "1.30",
    ["found 1.3 (written 1.30), expected string", 'quote it: "1.30"'],
  ],
  [
    "yes for a text, as it is written",
    z.string(),
    "yes",
    ["found true (written yes), expected string", 'quote it: "yes"'],
  ],
  ["yes in quotes", z.boolean(), '"yes"', ['found "yes", expected boolean', "write it without quotes: yes"]],
  ["nothing", z.number(), "", ["found nothing, expected number"]],
  ["a list", z.string(), "[1, 2]", ["found a list of 2, expected string"]],
  ["a mapping", z.array(z.string()), "{a: 1}", ["found a mapping of 1, expected a list"]],
  ["too little", z.number().min(5), "1", ["found 1, expected number to be >=5"]],
  ["a text that is too short", z.string().min(5), "abc", ['found "abc", expected string to have >=5 characters']],
  [
    "a word of none of some",
    z.enum(["nftables", "iptables"]),
    "ipvs",
    ['found "ipvs", expected "nftables" or "iptables"'],
  ],
  ["no address", z.ipv4(), "10.0.0", ['found "10.0.0", expected an IPv4 address']],
  [
    "a pattern that does not fit",
    z.string().regex(/^a/),
    "b",
    ['found "b", expected a string that must match pattern /^a/'],
  ],
  [
    "a message of the schema's own",
    z.string().refine(() => false, "expected a name that DNS has"),
    "b",
    ['found "b", expected a name that DNS has'],
  ],
  [
    "a refinement without a message",
    z.string().refine(() => false),
    "b",
    ['found "b", which the schema does not allow'],
  ],
  ["one of two types", z.union([z.number(), z.literal("auto")]), "x", ['found "x", expected number or "auto"']],
  [
    "an unknown kind",
    z.discriminatedUnion("kind", [z.object({ kind: z.literal("a") })]),
    "{kind: b}",
    ["found \"b\", expected 'a'"],
  ],
  ["a long text, which is shortened", z.number(), "x".repeat(100), [`found "${"x".repeat(59)}…", expected number`]],
  [
    "a password in a URL, which is not shown",
    z.number(),
    "https://u:pw@host/x",
    ['found "https://u:…@host/x", expected number'],
  ],
];

for (const [title, schema, vars, [problem, remedy]] of issues) {
  test(`found wrong is ${title}`, (t) => {
    const line = vars.includes("kind") ? `variable x.kind: ${problem}` : `variable x: ${problem}`;
    const lines = mistakes(t, () => validateVars(load(t, withVars(`x: ${vars}`)), z.strictObject({ x: schema })));
    t.is(lines[0]?.replace(/^lab\.yaml:7:\d+ {2}3 hosts: cp-1, cp-2, cp-3 {2}/, ""), line);
    t.is(lines[1]?.trim(), remedy);
  });
}

const LAB = `
all:
  children:
    kubernetes:
      vars:
        api:
          prot: 1
          servers: [{port: 1}, {port: two}]
      children:
        control_plane: {hosts: {"cp-[1:2]": }}
        workers: {hosts: {w-1: {api_prot: 1}}}
`;
const Api = z.strictObject({ port: z.int().optional(), servers: z.array(z.object({ port: z.number() })) });

test("a mistake deep inside a value has its own place", (t) => {
  const schema = z.object({ api: Api.optional() });
  t.deepEqual(
    mistakes(t, () => validateVars(load(t, LAB), schema)),
    [
      "lab.yaml:7:11  3 hosts: cp-1, cp-2, w-1  variable api.prot: is unknown",
      "    did you mean port?",
      'lab.yaml:8:33  3 hosts: cp-1, cp-2, w-1  variable api.servers[1].port: found "two", expected number',
    ],
  );
});

test("an unknown variable is where it is written, with the nearest name", (t) => {
  const schema = z.strictObject({ api: z.unknown(), api_port: z.int().optional() });
  t.deepEqual(
    mistakes(t, () => validateVars(load(t, LAB), schema)),
    ["lab.yaml:11:33  host w-1  variable api_prot: is unknown", "    did you mean api_port?"],
  );
});

test("a missing variable is one line for all hosts, and says where to put it", (t) => {
  const schema = z.object({ vip: z.ipv4() });
  const inventory = load(t, LAB);
  const [line, remedy] = mistakes(t, () => validateVars(inventory, schema));
  t.is(line, "lab.yaml:10:33  3 hosts: cp-1, cp-2, w-1  variable vip: found nothing, expected string");
  t.is(remedy, "    put it into the group_vars of a group of theirs (kubernetes, all), or into host_vars");
  const [, one] = mistakes(t, () => validateVars(inventory, schema, inventory.select("cp-2")));
  t.is(one, "    put it into host_vars/cp-2.yaml or the group_vars of its groups (control_plane, kubernetes, all)");
});

test("what is missing inside a value is missing at the value's place", (t) => {
  const schema = z.object({ api: z.object({ host: z.string() }) });
  t.deepEqual(
    mistakes(t, () => validateVars(load(t, LAB), schema)),
    ["lab.yaml:6:9  3 hosts: cp-1, cp-2, w-1  variable api.host: found nothing, expected string"],
  );
});

test("the place is that of the value that counts, through all merges", (t) => {
  const inventory = loadFiles(t, {
    "lab.yaml": "all: {vars: {x: a}, hosts: {h: {x: b}}}",
    "group_vars/all.yaml": "x: c",
    "host_vars/h/10.yaml": "x: d",
    "host_vars/h/20.yaml": "# last\n\nx: e\n",
  });
  t.deepEqual(
    mistakes(t, () => validateVars(inventory, z.object({ x: z.number() }))),
    ['host_vars/h/20.yaml:3:1  host h  variable x: found "e", expected number'],
  );
});

test("the place of a merged or aliased value is where it is written", (t) => {
  const vars = "base: &base {port: x}\na: {<<: *base}\nb: *base\nc: {<<: [{y: 1}, *base]}";
  const port = z.object({ port: z.number() });
  const inventory = load(t, withVars(vars));
  for (const name of ["a", "b", "c"]) {
    const [line] = mistakes(t, () => validateVars(inventory, z.object({ [name]: port })));
    t.is(line, `lab.yaml:7:18  3 hosts: cp-1, cp-2, cp-3  variable ${name}.port: found "x", expected number`);
  }
});

test("mistakes in extra variables are named as theirs, or have the place in their file", (t) => {
  const folder = folderWith(t, { "extra.yaml": "y: wrong" });
  const extraVars = [{ x: "wrong" }, join(folder, "extra.yaml")];
  const inventory = load(t, "all: {hosts: {h: {x: 1, y: 2}}}", { extraVars });
  t.deepEqual(
    mistakes(t, () => validateVars(inventory, z.object({ x: z.number(), y: z.number() }))),
    [
      '--extra-vars  host h  variable x: found "wrong", expected number',
      'extra.yaml:1:1  host h  variable y: found "wrong", expected number',
    ],
  );
});

test("secrets are never shown, not even by the schema's own message", (t) => {
  const schema = z.object({
    vrrp_password: z.string().max(3),
    api: z.object({ authToken: z.number() }),
    key: z.string().refine(() => false, { error: ({ input }) => `bad key ${input}` }),
    db_passwords: z.array(z.number()),
  });
  const vars = "vrrp_password: hunter2\napi: {authToken: hunter2}\nkey: hunter2\ndb_passwords: [hunter2]";
  const lines = mistakes(t, () => validateVars(load(t, withVars(vars)), schema));
  t.is(lines.length, 4);
  t.false(lines.join("\n").includes("hunter2"));
});

const secrets: [path: PropertyKey[], expected: boolean][] = [
  [["vrrp_password"], true],
  [["registry", "authToken"], true],
  [["tls", "key"], true],
  [["api_keys", 0], true],
  [["ansible_become_pass"], true],
  [["encryptionSecret"], true],
  [["keyboard_layout"], false],
  [["api_port"], false],
  [["passthrough"], false],
  [["author"], false],
];

for (const [path, expected] of secrets) {
  test(`${path.join(".")} is ${expected ? "" : "not "}taken for a secret`, (t) => t.is(isSecret(path), expected));
}

test("an asynchronous schema is refused", (t) => {
  const schema = z.object({ x: z.string().refine(async () => true) });
  t.throws(() => validateVars(load(t, withVars("x: a")), schema), { instanceOf: UsageError, message: /asynchronous/ });
});

test("hosts of the same groups share their variables and the reading of them", (t) => {
  const { hosts } = loadFiles(t, { "lab.yaml": "web: {hosts: {'w[0001:9999]': }}", "group_vars/web.yaml": "a: [1]" });
  t.is(hosts.length, 9999);
  t.is(new Set(hosts.map(({ vars }) => vars)).size, 1);
  t.is(new Set(hosts.map(({ groups }) => groups)).size, 1);
});

test("a few thousand keys of a mapping take no time that grows with their square", (t) => {
  const hosts = Array.from({ length: 5000 }, (_, i) => `    h${i}: {x: ${i}}\n`).join("");
  const inventory = load(t, `all:\n  hosts:\n${hosts}`);
  t.is(validateVars(inventory, z.object({ x: z.number() })).size, 5000);
});
