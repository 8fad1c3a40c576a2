import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import {
  fingerprint,
  type HostKeyVerdict,
  judgeHostKey,
  keyType,
  knownHostName,
  knownKeyTypes,
  parseKnownHosts,
} from "../../../lib/session/known-hosts.ts";

const key = (seed: string, type = "ssh-ed25519") => {
  const name = Buffer.from(type);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(name.length);
  return Buffer.concat([length, name, Buffer.from(seed)]);
};
const mine = key("mine");
const line = (names: string, bytes: Buffer, marker = "") =>
  `${marker}${names} ${keyType(bytes)} ${bytes.toString("base64")} comment`;

/** Hashed as ssh-keygen hashes. */
function hashed(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), "hostwright-test-")), "known_hosts");
  writeFileSync(file, text);
  execFileSync("ssh-keygen", ["-q", "-H", "-f", file], { stdio: "ignore" });
  return readFileSync(file, "utf8");
}

// A real key, since ssh-keygen hashes only lines that it can read.
const real = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
const realKey = Buffer.from(real.split(" ")[1] ?? "", "base64");

const rows: readonly [string, string, string, number, Buffer, HostKeyVerdict["kind"]][] = [
  ["a key on file is trusted", line("cp-1", mine), "cp-1", 22, mine, "trusted"],
  ["names do not care for case", line("CP-1", mine), "cp-1", 22, mine, "trusted"],
  ["one of several names", line("a,cp-1,10.0.0.1", mine), "10.0.0.1", 22, mine, "trusted"],
  ["another port has its own name", line("cp-1", mine), "cp-1", 2222, mine, "unknown"],
  ["the name with the port", line("[cp-1]:2222", mine), "cp-1", 2222, mine, "trusted"],
  ["a hashed name", hashed(`cp-1 ${real}\n`), "cp-1", 22, realKey, "trusted"],
  ["a hashed name with a port", hashed(`[cp-1]:2222 ${real}\n`), "cp-1", 2222, realKey, "trusted"],
  ["a hashed name of another host", hashed(`cp-2 ${real}\n`), "cp-1", 22, realKey, "unknown"],
  ["a pattern", line("cp-*", mine), "cp-1", 22, mine, "trusted"],
  ["a pattern that leaves a host out", line("cp-*,!cp-1", mine), "cp-1", 22, mine, "unknown"],
  ["another key of the same type", line("cp-1", key("other")), "cp-1", 22, mine, "changed"],
  ["a known host that shows another type", line("cp-1", key("other", "ssh-rsa")), "cp-1", 22, mine, "changed"],
  [
    "a revoked key, though it is on file too",
    `${line("cp-1", mine)}\n${line("*", mine, "@revoked ")}`,
    "cp-1",
    22,
    mine,
    "revoked",
  ],
  ["only a certificate authority", line("*", key("ca"), "@cert-authority "), "cp-1", 22, mine, "certificate-authority"],
  [
    "comments, empty and broken lines are passed over",
    `# x\n\ncp-1\n@what cp-1 a b\n${line("cp-1", mine)}`,
    "cp-1",
    22,
    mine,
    "trusted",
  ],
  ["no file", "", "cp-1", 22, mine, "unknown"],
];

for (const [title, text, host, port, shown, expected] of rows) {
  test(title, (t) => {
    t.is(judgeHostKey(parseKnownHosts(text, "known_hosts"), knownHostName(host, port), shown).kind, expected);
  });
}

test("the place of the other key is told", (t) => {
  const verdict = judgeHostKey(parseKnownHosts(`# one\n${line("cp-1", key("other"))}`, "/x"), "cp-1", mine);
  t.deepEqual(verdict, { kind: "changed", place: "/x:2" });
});

test("the types on file are asked for", (t) => {
  const entries = parseKnownHosts(
    `${line("cp-1", key("a", "ssh-rsa"))}\n${line("cp-1", mine)}\n${line("*", mine, "@revoked ")}`,
    "f",
  );
  t.deepEqual(knownKeyTypes(entries, "cp-1"), ["ssh-rsa", "ssh-ed25519"]);
});

test("fingerprints are those of ssh-keygen", (t) => {
  const file = join(mkdtempSync(join(tmpdir(), "hostwright-test-")), "key.pub");
  writeFileSync(file, `${real}\n`);
  t.true(
    execFileSync("ssh-keygen", ["-lf", file])
      .toString()
      .includes(` ${fingerprint(realKey)} `),
  );
});
