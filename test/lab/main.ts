import { spawn } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { LabError } from "./command.ts";
import { defaultLab, ensureLab, type Lab, openLab, removeLab } from "./lab.ts";
import { layLab, saveLab } from "./lay.ts";
import { requireRoot } from "./machine.ts";
import { ensureMirror, isMirrorServed, mirrorStatus, removeMirror } from "./mirror/index.ts";
import { terminalProgress } from "./progress.ts";
import { removeSaved, savedLabs, sizeOfSaved } from "./saved.ts";
import { allStates } from "./state.ts";

const usage = `Throw-away Debian hosts with systemd and sshd, for tests and for playing.

  npm run lab -- up [--hosts N]           boot hosts (3), or say that they are up
  npm run lab -- status                   the labs of this machine
  npm run lab -- ssh NAME [COMMAND…]      log in, or run a command   [--user admin|operator|root]
  npm run lab -- kill NAME                pull the plug of a host; its disk stays
  npm run lab -- boot NAME                switch it on again
  npm run lab -- reset NAME               a fresh disk, same address and keys
  npm run lab -- down                     end the hosts and remove all they brought
  npm run lab -- save SAVED               shut the hosts down and save their disks under a name; "lay" or "boot" goes on
  npm run lab -- lay SAVED                make the lab what it was when it was saved, and boot it
  npm run lab -- saved                    the saved labs of this machine   [--remove SAVED]
  npm run lab -- mirror                   build Kubernetes for hosts without the internet, and serve it   [--status|--remove]
  npm run lab -- help

Every command takes --name LAB (default "${defaultLab}"): labs of different names are apart.
Users: admin (sudo without password), operator (sudo asks: "operator"), root.
`;

const usageExitCode = 3;
const progress = terminalProgress(process.stderr);

class UsageError extends LabError {}

interface Arguments {
  readonly lab: string;
  readonly user: string;
  readonly hosts: number | undefined;
  /** What `mirror` and `saved` shall do else. */
  readonly status: boolean;
  readonly remove: boolean;
  readonly words: readonly string[];
}

const commands: Readonly<Record<string, (args: Arguments) => Promise<number>>> = {
  async up({ lab: name, hosts, words }) {
    noMore(words);
    const lab = await ensureLab({ name, progress, ...(hosts === undefined ? {} : { hosts }) });
    if (hosts !== undefined && hosts < lab.hosts.length)
      progress.step(`it has ${lab.hosts.length} hosts, more than the ${hosts} asked for; "down" removes them`);
    progress.step(`inventory: ${lab.inventoryFile}`);
    return 0;
  },
  async down({ lab, words }) {
    noMore(words);
    const removed = await removeLab(lab, progress);
    progress.step(removed ? `lab "${lab}" is gone` : `there is no lab "${lab}"`);
    return 0;
  },
  async status({ words }) {
    noMore(words);
    const labs = allStates().flatMap((state) => openLab(state.name) ?? []);
    if (labs.length === 0) process.stdout.write('no labs; "npm run lab -- up" makes one\n');
    for (const lab of labs) {
      process.stdout.write(`lab ${lab.name}  inventory ${lab.inventoryFile}\n`);
      for (const { name, address, running } of lab.hosts)
        process.stdout.write(`  ${name.padEnd(8)}  ${address.padEnd(13)}  ${running ? "up" : "off"}\n`);
    }
    return 0;
  },
  async ssh({ lab: name, user, words: [hostName, ...command] }) {
    const lab = existingLab(name);
    const host = lab.host(nameGiven(lab, hostName));
    const options = [`UserKnownHostsFile=${lab.knownHostsFile}`, "StrictHostKeyChecking=yes", "IdentitiesOnly=yes"];
    const args = ["-i", host.keyFile, ...options.flatMap((option) => ["-o", option]), `${user}@${host.address}`];
    const child = spawn("ssh", [...args, ...command], { stdio: "inherit" });
    const [code] = (await once(child, "close")) as [number | null];
    return code ?? 255;
  },
  kill: withHost("off", (host) => host.kill()),
  boot: withHost("up", (host) => host.boot()),
  reset: withHost("up with a fresh disk", (host) => host.reset()),
  async save({ lab, words: [saved, ...more] }) {
    noMore(more);
    const started = performance.now();
    await saveLab(lab, savedGiven(saved), progress);
    progress.step(`lab "${lab}" is off and saved as "${saved}", after ${secondsSince(started)} s`);
    return 0;
  },
  async lay({ lab, words: [saved, ...more] }) {
    noMore(more);
    const started = performance.now();
    await layLab(lab, savedGiven(saved), progress);
    progress.step(`lab "${lab}" is up as it was saved as "${saved}", after ${secondsSince(started)} s`);
    return 0;
  },
  async saved({ remove, words: [saved, ...more] }) {
    noMore(more);
    if (remove) {
      await removeSaved(savedGiven(saved));
      progress.step(`the saved lab "${saved}" is gone`);
      return 0;
    }
    if (saved !== undefined) noMore([saved]);
    const all = savedLabs();
    if (all.length === 0) process.stdout.write('no saved labs; "npm run lab -- save SAVED" makes one\n');
    for (const { name, state, savedAt } of all) {
      const size = `${((await sizeOfSaved(name)) / 2 ** 20).toFixed(0)} MiB`;
      process.stdout.write(`${name.padEnd(12)}  lab ${state.name}, ${state.hosts.length} hosts  ${size}  ${savedAt}\n`);
    }
    return 0;
  },
  async mirror({ status, remove, words }) {
    noMore(words);
    if (status && remove) throw new UsageError("--status or --remove, not both");
    if (status) process.stdout.write(`${mirrorStatus().join("\n")}\n`);
    else if (remove) progress.step((await removeMirror(progress)) ? "the mirror is gone" : "there is no mirror");
    else {
      await ensureMirror({ progress });
      progress.step(isMirrorServed() ? "the mirror is served" : "the mirror is built; it is served when a lab is up");
    }
    return 0;
  },
  async help() {
    process.stdout.write(usage);
    return 0;
  },
};

function withHost(done: string, work: (host: Lab["hosts"][number]) => Promise<void>) {
  return async ({ lab: name, words: [hostName, ...more] }: Arguments) => {
    noMore(more);
    requireRoot();
    const lab = existingLab(name);
    const host = lab.host(nameGiven(lab, hostName));
    const started = performance.now();
    await work(host);
    progress.step(`${host.name} is ${done}, after ${secondsSince(started)} s`);
    return 0;
  };
}

function savedGiven(name: string | undefined): string {
  if (name !== undefined) return name;
  throw new UsageError(
    `which one? saved are ${
      savedLabs()
        .map((saved) => saved.name)
        .join(", ") || "none"
    }`,
  );
}

function secondsSince(started: number): string {
  return ((performance.now() - started) / 1000).toFixed(1);
}

function existingLab(name: string): Lab {
  const lab = openLab(name, progress);
  if (lab) return lab;
  const names = allStates().map((state) => `"${state.name}"`);
  const others = names.length > 0 ? `there is ${names.join(", ")}` : "there is none";
  throw new LabError(`no lab "${name}" here (${others}); "npm run lab -- up --name ${name}" makes it`);
}

function nameGiven(lab: Lab, name: string | undefined): string {
  if (name !== undefined) return name;
  throw new UsageError(`which host? one of ${lab.hosts.map((host) => host.name).join(", ")}`);
}

function noMore(words: readonly string[]): void {
  if (words.length > 0) throw new UsageError(`"${words[0]}" is one word too many`);
}

/** Options may stand anywhere, except after the host's name in `ssh NAME COMMAND…`: those are the command's. */
function parse(argv: readonly string[]): { command: string; args: Arguments } {
  const options = {
    name: { type: "string" },
    hosts: { type: "string" },
    user: { type: "string" },
    status: { type: "boolean" },
    remove: { type: "boolean" },
  } as const;
  const { tokens } = parseArgs({ args: [...argv], options, allowPositionals: true, strict: false, tokens: true });
  const positionals = tokens.filter((token) => token.kind === "positional");
  const end = positionals[0]?.value === "ssh" ? (positionals[1]?.index ?? argv.length - 1) + 1 : argv.length;
  try {
    const { values, positionals } = parseArgs({ args: argv.slice(0, end), options, allowPositionals: true });
    const [command = "help", ...words] = positionals;
    const hosts = values.hosts === undefined ? undefined : Number(values.hosts);
    const rest = [...words, ...argv.slice(end)];
    const { name = defaultLab, user = "admin", status = false, remove = false } = values;
    return { command, args: { lab: name, user, hosts, status, remove, words: rest } };
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause });
  }
}

// Whoever reads, `head` for instance, may have read enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

try {
  const { command, args } = parse(process.argv.slice(2));
  const chosen = Object.hasOwn(commands, command) ? commands[command] : undefined;
  if (!chosen) throw new UsageError(`there is no "${command}"; there are ${Object.keys(commands).join(", ")}`);
  process.exitCode = await chosen(args);
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  progress.step(`lab: ${error.message}`);
  if (error instanceof UsageError) process.stderr.write(`\n${usage}`);
  process.exitCode = error instanceof UsageError ? usageExitCode : 1;
}
