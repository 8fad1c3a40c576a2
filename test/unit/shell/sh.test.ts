import { execFileSync } from "node:child_process";
import test from "ava";
import { Secret } from "../../../lib/secrets/secret.ts";
import { quote } from "../../../lib/shell/quote.ts";
import { command, content, describe, joinSh, rawSh, render, sh } from "../../../lib/shell/sh.ts";

const odd = [
  "",
  " ",
  "a b",
  "it's",
  '"',
  "$HOME",
  "`id`",
  "\\",
  "!",
  "*",
  "~",
  "a\nb",
  "-n",
  "é",
  "a=b",
  "#x",
  "{a,b}",
];

/** What a shell makes of a text: its arguments, one a line, newlines told apart. */
function argumentsIn(shell: string, text: string): string[] {
  const script = `for a in ${text}; do printf '%s\\0' "$a"; done`;
  return execFileSync(shell, ["-c", script]).toString().split("\0").slice(0, -1);
}

for (const shell of ["dash", "bash"]) {
  test(`${shell} reads back every argument as it was`, (t) => {
    t.deepEqual(argumentsIn(shell, odd.map(quote).join(" ")), odd);
    t.deepEqual(argumentsIn(shell, render(sh`${odd}`)), odd);
  });

  test(`${shell} prints a content to the byte`, (t) => {
    const samples = ["", "plain", "it's\n\n", "tab\there", "Ångström \u0081", "%s %d \\n", "-n", "\r\n"];
    for (const sample of samples) {
      t.is(execFileSync(shell, ["-c", render(sh`${content(sample)}`)]).toString(), sample);
    }
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, at) => at));
    t.deepEqual(execFileSync(shell, ["-c", render(sh`${content(bytes)}`)]), bytes);
  });
}

test("plain words are left as they are", (t) => {
  t.is(render(command(["systemctl", "restart", "haproxy.service", 3])), "systemctl restart haproxy.service 3");
});

test("nested text is put in as it is, and pieces are joined", (t) => {
  const inner = sh`echo ${"a b"}`;
  t.is(render(sh`{ ${inner}; } >${"/tmp/x y"}`), "{ echo 'a b'; } >'/tmp/x y'");
  t.is(render(joinSh([inner, rawSh("true")], " && ")), "echo 'a b' && true");
});

test("for people, contents are named and secrets are not even measured", (t) => {
  t.is(describe(sh`${content("12345")} >x`), "printf <5 bytes> >x");
  t.is(describe(sh`${content(new Secret("12345"))} >x`), "printf <secret> >x");
});
