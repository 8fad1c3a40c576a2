import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import test from "ava";
import { UsageError } from "../../../lib/errors.ts";
import { render, type Sh } from "../../../lib/shell/sh.ts";
import { holdsAddress } from "../../../roles/ha-test/holds-address.ts";
import { haTest } from "../../../roles/ha-test/index.ts";
import { requestsScript } from "../../../roles/ha-test/requests.ts";
import { countSamples, samplesIn } from "../../../roles/ha-test/samples.ts";
import { releasedIn, stopScript } from "../../../roles/ha-test/stop-balancer.ts";
import { judge } from "../../../roles/ha-test/verdict.ts";
import { answersIn } from "../reads/_split.ts";

const folder = mkdtempSync(join(tmpdir(), "hostwright-ha-"));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

test("samples come in the order in which requests were begun", (t) => {
  t.deepEqual(samplesIn(["120:121:200 100:300:000", "noise", "110:112:403"]), [
    { beganMs: 1000, endedMs: 3000, status: 0 },
    { beganMs: 1100, endedMs: 1120, status: 403 },
    { beganMs: 1200, endedMs: 1210, status: 200 },
  ]);
});

const sample = (began: number, status = 200, took = 10) => ({ beganMs: began, endedMs: began + took, status });

const counts: readonly [string, Parameters<typeof countSamples>[0], ReturnType<typeof countSamples>][] = [
  [
    "all are answered",
    [sample(0), sample(100), sample(200, 200, 50)],
    { total: 3, failed: 0, longestGapMs: 100, slowestMs: 50 },
  ],
  [
    "the gap is from answer to answer",
    [sample(0), sample(100), sample(200, 0), sample(300, 503), sample(400), sample(500)],
    { total: 6, failed: 2, longestGapMs: 300, slowestMs: 10 },
  ],
  [
    "what never comes back is a gap up to the end",
    [sample(0), sample(100, 0), sample(900, 0)],
    { total: 3, failed: 2, longestGapMs: 900, slowestMs: 10 },
  ],
  ["none is answered", [sample(0, 0), sample(500, 0)], { total: 2, failed: 2, longestGapMs: 500, slowestMs: 0 }],
  ["there is none", [], { total: 0, failed: 0, longestGapMs: 0, slowestMs: 0 }],
];

for (const [title, samples, expected] of counts) {
  test(`counted: ${title}`, (t) => t.deepEqual(countSamples(samples), expected));
}

const seen = {
  address: "10.0.0.100",
  before: "cp-1",
  after: ["cp-2"],
  releasedMs: 2100,
  total: 180,
  failed: 19,
  longestGapMs: 2300,
  slowestMs: 95,
};

test("the numbers are one sentence", (t) => {
  t.deepEqual(judge(seen, 10_000), {
    sentence:
      "10.0.0.100: cp-1 -> cp-2, given up after 2.1 s; longest gap 2.3 s, 19 of 180 requests failed, slowest answer 95 ms",
    faults: [],
  });
});

const faults: readonly [string, Partial<typeof seen> | object, readonly string[]][] = [
  ["a gap that is too long", { longestGapMs: 10_100 }, ["no request was answered for 10.1 s, 10.0 s are allowed"]],
  ["an address that moved back", { after: ["cp-1"] }, ["the address moved back to cp-1"]],
  ["an address that stayed", { after: ["cp-1"], releasedMs: undefined }, ["the address did not move"]],
  ["an address that is lost", { after: [] }, ["nobody holds the address any more"]],
  ["two holders", { after: ["cp-2", "cp-3"] }, ["cp-2 and cp-3 hold the address at the same time"]],
];

for (const [title, change, expected] of faults) {
  test(`judged: ${title}`, (t) => t.deepEqual(judge({ ...seen, ...change }, 10_000).faults, expected));
}

test("the time of the release is among what was said", (t) => {
  t.is(releasedIn(["x", "address released after 2130 ms"]), 2130);
  t.is(releasedIn(["the address stayed"]), undefined);
});

/** Runs a script with programs that note how they were called. */
async function play(name: string, script: Sh, programs: Readonly<Record<string, string>>) {
  const bin = join(folder, name);
  mkdirSync(bin);
  const log = join(bin, "log");
  writeFileSync(log, "");
  for (const [program, text] of Object.entries(programs)) {
    writeFileSync(join(bin, program), `#!/bin/sh\necho "${program} $*" >>${log}\n${text}\n`, { mode: 0o755 });
  }
  const { stdout, code } = await promisify(execFile)("/bin/sh", ["-c", render(script)], {
    env: { PATH: `${bin}:/usr/bin:/bin` },
  }).then(
    (done) => ({ ...done, code: 0 }),
    (error: { stdout: string; code: number }) => error,
  );
  return { lines: stdout.trimEnd().split("\n"), code, calls: readFileSync(log, "utf8").trimEnd().split("\n") };
}

test("requests go on at their rate while one hangs", async (t) => {
  const hung = join(folder, "hung");
  const curl = `[ -e ${hung} ] || { : >${hung}; sleep 0.7; }\nprintf 200`;
  const { lines, code } = await play("requests", requestsScript({ url: "https://x/", perSecond: 10, seconds: 1 }), {
    curl,
  });
  t.is(code, 0);
  const { total, failed, slowestMs, longestGapMs } = countSamples(samplesIn(lines));
  t.true(total >= 3 && total <= 11, String(total));
  t.is(failed, 0);
  t.true(slowestMs >= 700 && longestGapMs < slowestMs, `${slowestMs} ${longestGapMs}`);
});

const stop = stopScript({ unit: "haproxy.service", address: "10.0.0.100", outageSeconds: 1 });

test("the start is owed before the stop, and paid after it", async (t) => {
  const { lines, code, calls } = await play("stop", stop, { systemctl: ":", "systemd-run": ":", ip: "echo none" });
  t.is(code, 0, lines.join("\n"));
  t.regex(lines.join("\n"), /^address released after \d+ ms$/);
  const order = calls.filter((call) => !call.startsWith("ip ")).map((call) => call.split(" ").slice(0, 2).join(" "));
  t.deepEqual(order, [
    "systemctl is-active",
    "systemd-run --quiet",
    "systemctl stop",
    "systemctl start",
    "systemctl stop",
    "systemctl is-active",
  ]);
});

test("a balancer that cannot be stopped is started, and its timer ended", async (t) => {
  const systemctl = 'case "$*" in "stop haproxy.service") exit 5;; esac';
  const { code, calls } = await play("refused", stop, { systemctl, "systemd-run": ":", ip: ":" });
  t.is(code, 5);
  t.regex(calls.at(-2) ?? "", /systemctl start haproxy\.service/);
  t.regex(calls.at(-1) ?? "", /systemctl stop hostwright-start-\d+\.timer/);
});

test("without its timer nothing is stopped", async (t) => {
  const { code, calls } = await play("no-timer", stop, { systemctl: ":", "systemd-run": "exit 4", ip: ":" });
  t.is(code, 4);
  t.false(calls.some((call) => call.startsWith("systemctl stop")));
});

test("an address that stays is told as that", async (t) => {
  const ip = 'echo "2: eth0    inet 10.0.0.100/24 scope global secondary eth0"';
  const { lines } = await play("stays", stop, { systemctl: ":", "systemd-run": ":", ip });
  t.deepEqual(lines, ["the address stayed"]);
});

test("who holds an address is asked once for all", async (t) => {
  const keys = ["10.0.0.10", "10.0.0.100"];
  const { lines, calls } = await play("holds", holdsAddress("x").kind.ask(keys), {
    ip: 'echo "2: eth0    inet 10.0.0.100/24 scope global secondary eth0"',
  });
  t.is(calls.length, 1);
  t.deepEqual(answersIn(holdsAddress("x").kind, keys, `${lines.join("\n")}\n`), {
    answers: [false, true],
    whole: true,
  });
});

const refused: readonly [string, object, RegExp][] = [
  ["one balancer alone", { balancers: ["a"] }, /balancers: has to name two hosts at least/],
  ["a host twice", { balancers: ["a", "a"] }, /balancers: names a host twice/],
  ["no address", { virtualAddress: "vip" }, /virtualAddress: has to be an IP address/],
  ["a path with a quote in it", { path: "/'x" }, /path: has to be the path of a URL/],
];

for (const [title, change, expected] of refused) {
  test(`haTest refuses ${title}`, (t) => {
    const params = { virtualAddress: "10.0.0.100/24", balancers: ["a", "b"], ...change };
    t.regex(t.throws(() => haTest(params), { instanceOf: UsageError })?.message ?? "", expected);
  });
}
