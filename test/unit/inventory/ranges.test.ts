import test from "ava";
import { InventoryError } from "../../../lib/errors.ts";
import { expandHostNames } from "../../../lib/inventory/index.ts";

const names: [title: string, name: string, expected: string[]][] = [
  ["a plain name stands for itself", "cp-1.example.com", ["cp-1.example.com"]],
  ["both ends of a range belong to it", "node[1:3]", ["node1", "node2", "node3"]],
  ["a leading zero fixes the width", "node[08:11]", ["node08", "node09", "node10", "node11"]],
  ["zero alone fixes no width", "node[0:10:5]", ["node0", "node5", "node10"]],
  ["a third number is the step", "node[1:10:4]", ["node1", "node5", "node9"]],
  ["letters are a range as well", "node[a:c]", ["nodea", "nodeb", "nodec"]],
  ["upper case letters follow lower case ones, as in Ansible", "n[y:B]", ["ny", "nz", "nA", "nB"]],
  ["letters have steps too", "n[a:e:2]", ["na", "nc", "ne"]],
  ["a missing beginning is 0", "node[:2]", ["node0", "node1", "node2"]],
  ["of several ranges the last changes fastest", "r[1:2]-n[a:b].x", ["r1-na.x", "r1-nb.x", "r2-na.x", "r2-nb.x"]],
  ["a range of one is fine", "node[7:7]", ["node7"]],
  ["an IPv6 address is a name", "fe80::1", ["fe80::1"]],
  ["a range may stand in an IPv6 address", "fe80::[1:2]", ["fe80::1", "fe80::2"]],
];

for (const [title, name, expected] of names) {
  test(`in a host's name ${title}`, (t) => t.deepEqual(expandHostNames(name), { names: expected }));
}

const ports: [title: string, name: string, expected: { names: string[]; port: number }][] = [
  ["follows a name", "cp-1:2222", { names: ["cp-1"], port: 2222 }],
  ["belongs to every host of a range", "cp-[1:2]:2222", { names: ["cp-1", "cp-2"], port: 2222 }],
  ["follows an IPv6 address in brackets", "[fe80::1]:22", { names: ["fe80::1"], port: 22 }],
];

for (const [title, name, expected] of ports) {
  test(`a port ${title}`, (t) => t.deepEqual(expandHostNames(name), expected));
}

const wrong: [title: string, name: string, message: RegExp][] = [
  ["without an end", "node[1:]", /without an end/],
  ["without a colon", "node[1]", /expected a range such as/],
  ["with too many parts", "node[1:2:3:4]", /expected a range such as/],
  ["with step 0", "node[1:9:0]", /expected a range such as/],
  ["that runs backwards", "node[9:1]", /ends before it begins/],
  ["of letters that runs backwards", "node[c:a]", /ends before it begins/],
  ["from a letter to a number", "node[a:3]", /two numbers or two letters/],
  ["of words", "node[aa:cc]", /two numbers or two letters/],
  ["with a width at its beginning alone", "node[01:9]", /as many digits/],
  ["that never closes", "node[1:3", /"\[" without "\]"/],
  ["that never opens", "node1:3]", /"\]" without "\["/],
  ["with a bracket before it", "no]de[1:3]", /"\]" without "\["/],
  ["of too many hosts", "node[0:99999999]", /no more than 100000/],
  ["of too many hosts, multiplied", "r[1:1000]-n[1:1000]", /no more than 100000/],
  ["before an impossible port", "node[1:2]:70000", /1 to 65535/],
];

for (const [title, name, message] of wrong) {
  test(`a range ${title} is an error`, (t) => {
    t.throws(() => expandHostNames(name), { instanceOf: InventoryError, message });
  });
}
