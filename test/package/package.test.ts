import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import test from "ava";
import { publint } from "publint";
import { freshHost } from "../hosts/_host.ts";
import { inventoryOf } from "../hosts/_playbook.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const { lab, host } = await freshHost(14);

/** npm of this Node, not of the system's. */
const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` };

test("the packed package passes publint, and a role runs out of it in another folder", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "hostwright-package-"));
  const packed = await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
    cwd: root,
    env,
  });
  const [{ filename, files }] = JSON.parse(packed.stdout) as [{ filename: string; files: { path: string }[] }];
  t.deepEqual(
    files.filter(({ path }) => /\.ts$/.test(path) && !/\.d\.ts$/.test(path)),
    [],
    "no TypeScript that Node would refuse",
  );
  const tarball = readFileSync(join(folder, filename));
  const bytes = tarball.buffer.slice(tarball.byteOffset, tarball.byteOffset + tarball.byteLength);
  const { messages } = await publint({ pack: { tarball: bytes as ArrayBuffer }, strict: true });
  t.deepEqual(messages, []);

  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "other", private: true, type: "module" }));
  await run(
    "npm",
    ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=optional", join(folder, filename)],
    { cwd: folder, env },
  );
  writeFileSync(
    join(folder, "play.mts"),
    `import { openPlaybook, play } from "hostwright";
     import { base } from "hostwright/roles/base";
     import { file } from "hostwright/tasks/file";
     await using site = await openPlaybook({ name: "other" });
     await site.run([play("Elsewhere", "all", () => [base({ packages: [], hosts: [{ address: "192.0.2.7", names: ["elsewhere"] }] })])]);
     if (typeof file !== "function") throw new Error("no task");`,
  );
  const inventory = inventoryOf(lab, [host]);
  const zx = join(folder, "node_modules", "zx", "build", "cli.js");
  const { stdout } = await run(process.execPath, [zx, "play.mts", "--json", "-i", inventory], { cwd: folder, env });
  const events = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  t.like(events.at(-1), { event: "recap", hosts: { [host.name]: { failed: 0, unreachable: 0 } } });
  t.regex((await host.exec("cat /etc/hosts")).stdout, /192\.0\.2\.7\s+elsewhere/);
});
