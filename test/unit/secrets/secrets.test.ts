import { inspect } from "node:util";
import test from "ava";
import { Redactor } from "../../../lib/secrets/redact.ts";
import { MASK, Secret, SecretString, SecretText, secretsIn, secretText } from "../../../lib/secrets/secret.ts";

const secret = new Secret(`p'ä"ss wörd/+&`);

test("a secret is masked wherever a value is shown by itself", (t) => {
  t.is(`${secret}`, MASK);
  t.is(JSON.stringify({ secret }), `{"secret":"${MASK}"}`);
  t.is(inspect(secret), `Secret(${MASK})`);
  t.is(`${secretText`a ${secret} b`}`, MASK);
  t.is(inspect({ a: secretText`a ${secret}` }), `{ a: SecretText(${MASK}) }`);
});

test("text from secrets keeps them, nested text too", (t) => {
  const inner = secretText`x=${secret}`;
  const text = secretText`${1} ${inner}\n`;
  t.is(text.reveal(), `1 x=${secret.reveal()}\n`);
  t.deepEqual(text.secrets, [secret]);
});

const forms: readonly [string, string][] = [
  ["as it is", secret.reveal()],
  ["in JSON", JSON.stringify(secret.reveal())],
  ["in a URL", encodeURIComponent(secret.reveal())],
  ["quoted for a shell", `'p'\\''ä"ss wörd/+&'`],
  ["in base64", Buffer.from(secret.reveal()).toString("base64")],
  ["in base64 for URLs", Buffer.from(secret.reveal()).toString("base64url")],
  ["in the base64 of a longer text", Buffer.from(`user:${secret.reveal()}:more`).toString("base64")],
  ["in the base64 of a text that begins with one more", Buffer.from(`_user:${secret.reveal()}`).toString("base64")],
  ["in the base64 of a text that begins with two more", Buffer.from(`__user:${secret.reveal()}.`).toString("base64")],
];

for (const [title, text] of forms) {
  test(`a secret ${title} is found and masked`, (t) => {
    const redactor = new Redactor();
    redactor.add(secret);
    const shown = redactor.text(`before ${text} after`);
    t.true(shown.includes(MASK), shown);
    t.true(shown.startsWith("before ") && shown.endsWith(" after"));
    t.false(shown.includes(text));
  });
}

test("lines of a key of several lines are masked one by one", (t) => {
  const redactor = new Redactor();
  redactor.add(new Secret("-----BEGIN-----\nabcdefgh\nijklmnop\n-----END-----\n"));
  t.is(redactor.text("host said: ijklmnop"), `host said: ${MASK}`);
});

test("events are masked however deep, keys are kept, and short values are not looked for", (t) => {
  const redactor = new Redactor();
  redactor.add(new Secret("hunter2"), new Secret("a"));
  t.deepEqual(redactor.value({ hunter2: ["x hunter2", { y: 1, z: "a" }] }), {
    hunter2: [`x ${MASK}`, { y: 1, z: "a" }],
  });
});

test("secrets are found in parameters however deep, and loops do not matter", (t) => {
  const loop: Record<string, unknown> = { list: [{ password: secret }], text: new SecretText("t", [secret]) };
  loop.self = loop;
  const found = (value: unknown) => secretsIn(value).map((each) => each.reveal());
  t.deepEqual(found(loop), [secret.reveal(), secret.reveal()], "the text around a secret is none");
  t.deepEqual(found(new SecretText("all of it", [])), ["all of it"]);
});

test("a string of an inventory becomes a secret", (t) => {
  t.is(SecretString.parse("abc").reveal(), "abc");
  t.is(SecretString.parse(secret), secret);
  t.throws(() => SecretString.parse(""));
});
