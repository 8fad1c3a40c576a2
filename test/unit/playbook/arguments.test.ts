import test from "ava";
import { UsageError } from "../../../lib/errors.ts";
import { parseArguments } from "../../../lib/playbook/arguments.ts";
import { helpText } from "../../../lib/playbook/flags.ts";

test("everything that can be said is read", (t) => {
  const args = parseArguments([
    "-i",
    "a.yaml",
    "--inventory=b.yaml",
    "--limit",
    "web:&prod:!db-1",
    "--only",
    "base,keepalived",
    "--only",
    "x",
    "--skip=y",
    "--check",
    "--diff",
    "--forks",
    "7",
    "-e",
    "a=1 b='x y' c=true",
    "-e",
    '{"d": [1]}',
    "-e",
    "@vars.yaml",
    "--json",
    "-v",
    "--detailed-exitcode",
  ]);
  t.deepEqual(args, {
    inventory: ["a.yaml", "b.yaml"],
    limit: "web:&prod:!db-1",
    only: ["base", "keepalived", "x"],
    skip: ["y"],
    check: true,
    diff: true,
    forks: 7,
    extraVars: [{ a: 1, b: "x y", c: true }, { d: [1] }, "vars.yaml"],
    list: undefined,
    json: true,
    verbose: true,
    detailedExitcode: true,
    help: false,
  });
});

const mistakes: readonly [string, string[], RegExp][] = [
  ["a mistyped flag is told with the nearest one", ["--chek"], /--chek is no flag; did you mean --check\?/],
  ["a flag that is like none", ["--zzzzzz"], /--zzzzzz is no flag$/m],
  ["a word that belongs to no flag", ["web"], /"web" belongs to no flag/],
  ["a flag that lacks its value", ["--limit"], /--limit needs a value: --limit PATTERN/],
  ["a flag that takes the next flag for its value", ["--limit", "--check"], /--limit needs a value/],
  ["a switch with a value", ["--check=yes"], /--check takes no value/],
  ["a limit given twice", ["--limit", "a", "--limit", "b"], /--limit is given twice/],
  ["forks that are no number", ["--forks", "many"], /--forks is "many", has to be a number/],
  ["forks of zero", ["-f", "0"], /--forks is "0"/],
  ["two lists at once", ["--list-hosts", "--list-tasks"], /cannot be given together/],
  ["extra variables without a value", ["-e", "a"], /"a" is not key=value/],
  ["extra variables that are no mapping", ["-e", "{"], /--extra-vars "\{"/],
];

for (const [title, args, expected] of mistakes) {
  test(`${title} is an error`, (t) => {
    t.regex(t.throws(() => parseArguments(args), { instanceOf: UsageError })?.message ?? "", expected);
  });
}

test("all mistakes are told at once", (t) => {
  const message = t.throws(() => parseArguments(["--chek", "--forks=x", "y"]))?.message ?? "";
  t.is(message.split("\n").length, 5, message);
});

test("numbers in names stay text", (t) => {
  t.is(parseArguments(["--limit", "007"]).limit, "007");
});

test("the help names every flag and exit code, in 80 columns", (t) => {
  const help = helpText("playbooks/site.mts", "Prepares hosts.");
  for (const flag of ["--inventory", "--limit", "--detailed-exitcode", "--extra-vars", "130"])
    t.true(help.includes(flag));
  t.deepEqual(
    help.split("\n").filter((each) => each.length > 100),
    [],
  );
});
