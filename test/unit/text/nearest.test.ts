import test from "ava";
import { nearest } from "../../../lib/text/nearest.ts";

const rows: [title: string, word: string, candidates: string[], expected: string | undefined][] = [
  ["finds a swapped pair of letters", "api_prot", ["api_host", "api_port"], "api_port"],
  ["finds a missing letter", "host", ["children", "hosts", "vars"], "hosts"],
  ["finds a letter too many", "--limmit", ["--list-hosts", "--limit"], "--limit"],
  ["finds a wrong letter in a word of two", "wb", ["db", "web"], "db"],
  ["does not count case", "Control_Plane", ["control_plane"], "control_plane"],
  ["does not count - against _", "control-plane", ["control_plane", "controlplane1"], "control_plane"],
  ["takes the first of two that are equally near", "cp-9", ["cp-1", "cp-2"], "cp-1"],
  ["prefers the nearer one wherever it stands", "kubernets", ["kubelets", "kubernetes"], "kubernetes"],
  ["suggests nothing for a word that shares nothing", "zebra", ["hosts", "vars"], undefined],
  ["suggests nothing for one letter", "x", ["y", "z"], undefined],
  ["does not suggest the word itself", "web", ["web"], undefined],
  ["has nothing to suggest without candidates", "web", [], undefined],
];

for (const [title, word, candidates, expected] of rows) {
  test(`nearest ${title}`, (t) => t.is(nearest(word, candidates), expected));
}
