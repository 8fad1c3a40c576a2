import test from "ava";
import { UsageError } from "../../../lib/errors.ts";
import { load } from "./folder.ts";

const YAML = `
all:
  hosts:
    solo:
    "fe80::1":
    "fe80::12":
  children:
    web:
      hosts: {"web[1:3]": }
      children:
        edge: {hosts: {web2: , edge-a: , edge-b: }}
    db: {hosts: {"db-[1:2]": , db.example.com: }}
    prod: {children: {db: , edge: }}
    empty:
`;

const selected: [title: string, pattern: string, expected: string][] = [
  ["all is every host", "all", "solo fe80::1 fe80::12 web1 web2 web3 db-1 db-2 db.example.com edge-a edge-b"],
  ["* is every host", "*", "solo fe80::1 fe80::12 web1 web2 web3 db-1 db-2 db.example.com edge-a edge-b"],
  ["a group is its hosts and those of its children", "web", "web1 web2 web3 edge-a edge-b"],
  ["a host is itself", "db-2", "db-2"],
  ["a host with dots is itself", "db.example.com", "db.example.com"],
  ["a group without hosts is nothing", "empty", ""],
  ["a colon unites, in the order of the pattern", "db:web", "db-1 db-2 db.example.com web1 web2 web3 edge-a edge-b"],
  ["a comma unites, with blanks around it", " web3 , web1 ", "web3 web1"],
  ["hosts come once", "web1:web:web1", "web1 web2 web3 edge-a edge-b"],
  [":& intersects", "web:&prod", "web2 edge-a edge-b"],
  [":! excludes", "web:!edge", "web1 web3"],
  ["a host is excluded by its name", "db,!db-1", "db-2 db.example.com"],
  [
    "unions come first, then intersections, then exclusions",
    "!web2:&prod:db:web",
    "db-1 db-2 db.example.com edge-a edge-b",
  ],
  ["without a union all hosts are meant", "!web:!prod", "solo fe80::1 fe80::12"],
  ["several intersections all count", "all:&web:&prod", "web2 edge-a edge-b"],
  ["a glob matches hosts", "db-*", "db-1 db-2"],
  ["a glob matches groups too, with all their hosts", "e*", "web2 edge-a edge-b"],
  ["? is one character", "web?", "web1 web2 web3"],
  ["[!1] is another character", "web[!1]", "web2 web3"],
  ["a dot in a glob is a dot", "db?example.*", "db.example.com"],
  ["a glob may match nothing", "zebra*", ""],
  ["~ is a regular expression", "~(web|db-)[12]$", "web1 web2 db-1 db-2"],
  ["a regular expression begins where the name does", "~eb1", ""],
  ["a regular expression need not end where the name does", "~db.e", "db.example.com"],
  [
    "commas and colons inside a regular expression separate nothing",
    "~(?:web|db-)\\d{1,2}:!web1",
    "web2 web3 db-1 db-2",
  ],
  ["[0] is the first", "web[0]", "web1"],
  ["[-1] is the last", "web[-1]", "edge-b"],
  ["both ends of [0:1] belong to it", "web[0:1]", "web1 web2"],
  ["[3:] goes to the end", "web[3:]", "edge-a edge-b"],
  ["[3:99] goes to the end", "web[3:99]", "edge-a edge-b"],
  ["[98:99] is nothing", "web[98:99]", ""],
  ["a subscript of a glob counts all its hosts", "db*[1]", "db-2"],
  ["a subscript may be excluded", "db:!db[0]", "db-2 db.example.com"],
  ["a subscript of a group without hosts is nothing", "empty[0]", ""],
  ["an IPv6 address is one name", "fe80::1", "fe80::1"],
  ["an IPv6 address in a union is one name", "web1:fe80::12:!fe80::1", "web1 fe80::12"],
  ["an IPv6 address may be excluded", "all:!fe80::1:&~fe80", "fe80::12"],
  ["localhost is there when the inventory has none", "localhost", "localhost"],
];

for (const [title, pattern, expected] of selected) {
  test(`in patterns ${title}`, (t) => {
    t.is(
      load(t, YAML)
        .select(pattern)
        .map(({ name }) => name)
        .join(" "),
      expected,
    );
  });
}

const refused: [title: string, pattern: string, message: string][] = [
  ["a mistyped host", "wbe1", 'found "wbe1", expected the name of a host or group\n    did you mean web1?'],
  [
    "a mistyped group among others",
    "db:!edgy",
    'found "edgy" in pattern "db:!edgy", expected the name of a host or group\n    did you mean edge?',
  ],
  [
    "a mistyped group with a subscript",
    "wbe[0]",
    'found "wbe" in pattern "wbe[0]", expected the name of a host or group\n    did you mean web?',
  ],
  [
    "a name like no other",
    "zebra",
    'found "zebra", expected the name of a host or group\n    groups are all, ungrouped, web, edge, db, prod, empty',
  ],
  ["a name in capitals", "WEB", 'found "WEB", expected the name of a host or group\n    did you mean web?'],
  ["nothing", " ", 'pattern " ": found nothing, expected hosts or groups'],
  [
    "a sign alone",
    "web:!",
    'found "" in pattern "web:!", expected the name of a host or group\n    a sign & or ! is followed by a name',
  ],
  [
    "colons and commas",
    "web:db,solo",
    'found "web:db" in pattern "web:db,solo", expected the name of a host or group\n    in a pattern with "," a ":" separates nothing: use ","',
  ],
  ["an index beyond the hosts", "db[3]", "pattern db[3]: there are 3 hosts, the first is [0]"],
  ["a range with a dash", "db[0-1]", "pattern db[0-1]: found [0-1], expected [0], [-1], [0:2] or [1:]"],
  ["a range from the end", "db[-2:]", "pattern db[-2:]: found [-2:], expected [0], [-1], [0:2] or [1:]"],
  [
    "a range that runs backwards",
    "db[2:1]",
    "pattern db[2:1]: found [2:1], expected an end that is not before the beginning",
  ],
  ["a regular expression that is none", "~(", "pattern ~(: Invalid regular expression: /^(?:()/s: Unterminated group"],
];

for (const [title, pattern, message] of refused) {
  test(`a pattern is refused for ${title}`, (t) => {
    t.throws(() => load(t, YAML).select(pattern), { instanceOf: UsageError, message });
  });
}

test("the implied localhost is local, has the variables of all, and is in no list", (t) => {
  const inventory = load(t, "all: {vars: {x: 1, ansible_become: true}, hosts: a}");
  const [host] = inventory.select("localhost");
  t.like(host, {
    name: "localhost",
    groups: [],
    vars: { x: 1 },
    connection: { kind: "local", address: "127.0.0.1", become: true },
  });
  t.is(inventory.select("localhost")[0], host);
  t.deepEqual(
    inventory.select("all").map(({ name }) => name),
    ["a"],
  );
});

test("localhost is the inventory's own where it has one, by whichever name", (t) => {
  const inventory = load(t, "all: {hosts: {127.0.0.1: {ansible_port: 2222}}}");
  t.like(inventory.select("localhost"), [{ name: "127.0.0.1", connection: { kind: "ssh", port: 2222 } }]);
});
