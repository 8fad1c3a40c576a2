import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { z } from "zod";
import { defineRole } from "../../../lib/engine/role.ts";
import { InventoryError, UsageError } from "../../../lib/errors.ts";
import { loadInventory } from "../../../lib/inventory/index.ts";
import { HostVars } from "../../../lib/playbook/host-vars.ts";
import { openPlaybook } from "../../../lib/playbook/open-playbook.ts";
import { play } from "../../../lib/playbook/play.ts";
import { preparePlays } from "../../../lib/playbook/prepare.ts";
import { batchesOf } from "../../../lib/playbook/run-plays.ts";
import { file } from "../../../lib/tasks/file.ts";

const inventoryFile = join(mkdtempSync(join(tmpdir(), "hostwright-test-")), "inventory.yaml");
writeFileSync(
  inventoryFile,
  "web:\n  vars: { port: 80 }\n  hosts:\n    web[1:3]: {}\ndb:\n  hosts:\n    db-1: { port: x, ansible_host: 127.0.0.1, ansible_port: 1 }\n",
);
const inventory = loadInventory(inventoryFile);
const vars = new HostVars(inventory, z.record(z.string(), z.unknown()));
const none = { limit: undefined, only: [], skip: [] };

const motd = defineRole({
  name: "motd",
  params: z.strictObject({ text: z.string().min(3) }),
  tasks: ({ text }) => [file({ path: "/etc/motd", content: text })],
});
const nologin = defineRole({
  name: "nologin",
  params: z.strictObject({}),
  tasks: () => [file({ path: "/etc/nologin", absent: true })],
});

const shape = (plays: ReturnType<typeof preparePlays>) =>
  plays.map(({ hosts }) => hosts.map(({ host, roles }) => `${host.name}: ${roles.map(({ name }) => name).join(" ")}`));

test("closures are called for every host of the pattern", (t) => {
  const plays = [
    play("One", "web:!web2", () => [motd({ text: "abc" }), nologin({})]),
    play("Two", "db", () => [nologin({})]),
  ];
  t.deepEqual(shape(preparePlays(plays, inventory, vars, none)), [
    ["web1: motd nologin", "web3: motd nologin"],
    ["db-1: nologin"],
  ]);
});

test("--limit, --only and --skip narrow it down", (t) => {
  const plays = [play("One", "all", () => [motd({ text: "abc" }), nologin({})])];
  const prepared = preparePlays(plays, inventory, vars, {
    limit: "web1,db",
    only: ["motd", "nologin"],
    skip: ["motd"],
  });
  t.deepEqual(shape(prepared), [["web1: nologin", "db-1: nologin"]]);
});

test("a closure sees its peers whatever the limit is", (t) => {
  const seen: string[][] = [];
  const plays = [
    play("One", "web", (host) => {
      seen.push(host.group("web").map(({ name }) => name));
      return [nologin({})];
    }),
  ];
  preparePlays(plays, inventory, vars, { ...none, limit: "web1" });
  t.deepEqual(seen, [["web1", "web2", "web3"]]);
});

test("localhost, which the inventory does not have, has the variables of all, validated as those of others", (t) => {
  const seen: unknown[] = [];
  const ofAll = join(mkdtempSync(join(tmpdir(), "hostwright-test-")), "inventory.yaml");
  writeFileSync(ofAll, "all: {hosts: {web: {port: 1}}, vars: {name: x}}\n");
  const small = loadInventory(ofAll);
  const plays = [
    play("Here", "localhost", ({ vars: own }) => {
      seen.push(own);
      return [nologin({})];
    }),
  ];
  preparePlays(plays, small, new HostVars(small, z.object({ name: z.string(), port: z.int().default(2) })), none);
  t.deepEqual(seen, [{ name: "x", port: 2 }]);
  const strict = new HostVars(small, z.object({ name: z.string(), port: z.int() }));
  t.throws(() => preparePlays(plays, small, strict, none), { message: /localhost.*port/s });
});

test("mistakes of all plays and hosts are told at once, each once, before anything is connected", (t) => {
  const plays = [
    play("One", "web", (host) => [motd({ text: host.name === "web1" ? "abc" : "x" })]),
    play("Two", "dbs", () => [nologin({})]),
    play("Three", "db", { serial: "0%" }, (host) => host.group("wbe").map(() => nologin({}))),
  ];
  const message = t.throws(() => preparePlays(plays, inventory, vars, none), { instanceOf: UsageError })?.message ?? "";
  t.regex(message, /play "One", web2; play "One", web3: role motd: parameters are not valid\n {2}text: Too small/);
  t.regex(message, /play "Two": found "dbs"/);
  t.regex(message, /play "Three", db-1: the inventory has no group "wbe"; did you mean web\?/);
  t.regex(message, /play "Three": serial is 0%/);
});

test("a role that no play has is told with the nearest one", (t) => {
  const plays = [play("One", "web", () => [motd({ text: "abc" })])];
  const error = t.throws(() => preparePlays(plays, inventory, vars, { ...none, only: ["modt"] }), {
    instanceOf: UsageError,
  });
  t.is(error?.message, '--only: no play has a role "modt"; did you mean motd? (roles: motd)');
});

test("a variable that is not valid costs no connection and names its place", async (t) => {
  const options = { name: "test", vars: z.object({ port: z.int() }), args: ["-i", inventoryFile], exit: false };
  const error = await t.throwsAsync(openPlaybook(options), { instanceOf: InventoryError });
  t.regex(error?.message ?? "", /inventory\.yaml:7:13 {2}host db-1 {2}variable port: found "x", expected/);
});

test("an unreachable host is in the result, with 4, and the others go on", async (t) => {
  const events: string[] = [];
  await using site = await openPlaybook({
    name: "test",
    args: ["-i", inventoryFile, "--json", "--limit", "db"],
    exit: false,
    onEvent: (e) => events.push(e.event),
  });
  const { exitCode, hosts } = await site.run([
    play("One", "all", () => [nologin({})]),
    play("Two", "db", () => [nologin({})]),
  ]);
  t.is(exitCode, 4);
  t.deepEqual(
    hosts.map(({ host, status }) => [host, status]),
    [["db-1", "unreachable"]],
  );
  t.deepEqual(events, ["run-started", "play-started", "host-finished", "play-finished", "recap"]);
});

test("batches", (t) => {
  t.deepEqual(batchesOf([1, 2, 3, 4, 5], undefined), [[1, 2, 3, 4, 5]]);
  t.deepEqual(batchesOf([1, 2, 3, 4, 5], 2), [[1, 2], [3, 4], [5]]);
  t.deepEqual(batchesOf([1, 2, 3, 4, 5], "40%"), [[1, 2], [3, 4], [5]]);
  t.deepEqual(batchesOf([1, 2], "1%"), [[1], [2]]);
});
