import test from "ava";
import { UsageError } from "../../../lib/errors.ts";
import { Secret, SecretText } from "../../../lib/secrets/secret.ts";
import { containerdConfig } from "../../../roles/containerd/config.toml.ts";
import { hostsToml } from "../../../roles/containerd/hosts.toml.ts";
import { parseContainerdVersion } from "../../../roles/containerd/version.ts";
import { haproxyCfg } from "../../../roles/haproxy-stacked/haproxy.cfg.ts";
import { haproxyStacked } from "../../../roles/haproxy-stacked/index.ts";
import { keepalived } from "../../../roles/keepalived/index.ts";
import { keepalivedConf } from "../../../roles/keepalived/keepalived.conf.ts";
import { readmeOf, roleFolders } from "../../../scripts/role-docs.ts";

for (const folder of roleFolders()) {
  test(`the README of role ${folder} has the parameters of its schema`, async (t) => {
    const { actual, expected } = await readmeOf(folder);
    t.is(actual, expected, "npm run docs");
  });
}

const balancer = {
  servers: [
    { name: "cp-1", address: "10.0.0.11" },
    { name: "cp-2", address: "2001:db8::12" },
  ],
  port: 6443,
  serverPort: 6444,
  statsAddress: "127.0.0.1",
  statsPort: 8080,
  connectTimeout: "1s",
  idleTimeout: "4h",
  maxConnections: 4000,
};

test("haproxy.cfg: servers, IPv6 in brackets, timeouts that leave kubectl exec alone, stats", (t) => {
  const text = haproxyCfg(balancer);
  for (const line of [
    "  server cp-1 10.0.0.11:6444",
    "  server cp-2 [2001:db8::12]:6444",
    "  bind *:6443",
    "  bind 127.0.0.1:8080",
    "  timeout client 4h",
    "  timeout server 4h",
    "  timeout tunnel 4h",
    "  option tcpka",
    "  option redispatch",
    "  http-check send meth GET uri /readyz",
  ]) {
    t.true(text.includes(`${line}\n`), line);
  }
});

const balanced: readonly [string, object, RegExp][] = [
  ["the same port on both sides", { serverPort: 6443 }, /serverPort: must differ from port/],
  ["no servers", { servers: [] }, /servers: /],
  [
    "a server without an address",
    { servers: [{ name: "a", address: "host" }] },
    /servers\.0\.address: has to be an IP address/,
  ],
  ["a timeout without a unit", { idleTimeout: "4" }, /idleTimeout: has to be a number with ms, s, m, h or d/],
  ["a parameter that does not exist", { statPort: 1 }, /statPort/],
];

for (const [title, change, expected] of balanced) {
  test(`haproxyStacked refuses ${title}`, (t) => {
    const params = { servers: balancer.servers, ...change } as Parameters<typeof haproxyStacked>[0];
    t.regex(t.throws(() => haproxyStacked(params), { instanceOf: UsageError })?.message ?? "", expected);
  });
}

const virtual = {
  virtualAddress: "10.0.0.100/24",
  interface: "eth0",
  address: "10.0.0.11",
  peers: ["10.0.0.12", "10.0.0.13"],
  virtualRouterId: 51,
  priority: 200,
  advertSeconds: 1,
  track: "process" as const,
};

test("keepalived.conf: all BACKUP, nopreempt, unicast, haproxy followed by its process", (t) => {
  const text = keepalivedConf(virtual);
  t.true(typeof text === "string");
  t.regex(String(text), /state BACKUP\n {2}nopreempt\n {2}interface eth0/);
  t.regex(String(text), /unicast_src_ip 10\.0\.0\.11\n {2}unicast_peer \{\n {4}10\.0\.0\.12\n {4}10\.0\.0\.13\n {2}\}/);
  t.regex(String(text), /track_process \{\n {4}haproxy/);
  t.notRegex(String(text), /weight|MASTER|auth_pass/);
});

test("keepalived.conf: by a script where the kernel does not tell, and a password that shows nowhere", (t) => {
  const text = keepalivedConf({ ...virtual, track: "script", password: new Secret("s3cret") });
  t.true(text instanceof SecretText);
  if (!(text instanceof SecretText)) return;
  t.regex(text.reveal(), /script "\/usr\/bin\/pgrep -x haproxy"/);
  t.regex(text.reveal(), /auth_pass s3cret\n {2}\}\n {2}virtual_ipaddress/);
  t.notRegex(JSON.stringify(keepalived({ ...virtual, password: "s3cret" }).tasks), /s3cret/);
});

test("keepalived refuses itself as a peer, and a password that would be cut", (t) => {
  const refusal = (change: object) =>
    t.throws(() => keepalived({ ...virtual, ...change }), { instanceOf: UsageError })?.message ?? "";
  t.regex(refusal({ peers: ["10.0.0.11"] }), /peers: must not contain the host's own address/);
  t.regex(refusal({ password: "123456789" }), /password: has at most 8 characters that count/);
  t.notRegex(refusal({ password: "123456789" }), /123456789/);
});

const runtime = {
  cgroupDriver: "systemd" as const,
  sandboxImage: "registry.k8s.io/pause:3.10.2",
  cniBinDir: "/opt/cni/bin",
  restrictOomScoreAdj: false,
};

test("containerd's configuration is of the version that the release reads", (t) => {
  t.regex(containerdConfig("1.6.20", runtime), /^version = 2$/m);
  t.regex(containerdConfig("1.6.20", runtime), /sandbox_image = "registry\.k8s\.io\/pause:3\.10\.2"/);
  t.regex(containerdConfig("1.7.24", { ...runtime, cgroupDriver: "cgroupfs" }), /SystemdCgroup = false/);
  t.regex(containerdConfig("v2.3.7", runtime), /^version = 3$/m);
  t.regex(containerdConfig("v2.3.7", runtime), /sandbox = "registry\.k8s\.io\/pause:3\.10\.2"/);
  t.regex(containerdConfig("v2.3.7", runtime), /SystemdCgroup = true/);
  t.throws(() => containerdConfig("", runtime), { instanceOf: RangeError });
});

// As the binaries of Debian 12, Debian 13 and upstream print it.
const versions: readonly [string, string | undefined][] = [
  ["containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u1\n", "1.6.20"],
  ["containerd github.com/containerd/containerd/v2 v2.3.7 abcdef\n", "v2.3.7"],
  ["", undefined],
];

for (const [line, expected] of versions) {
  test(`the release in ${JSON.stringify(line)}`, (t) => t.is(parseContainerdVersion(line), expected));
}

test("hosts.toml names mirrors in order", (t) => {
  t.is(
    hostsToml({
      server: "https://registry-1.docker.io",
      mirrors: [
        {
          url: "https://mirror.example.com",
          capabilities: ["pull", "resolve"],
          skipVerify: false,
          ca: "/etc/ssl/mirror.pem",
        },
        { url: "http://10.0.0.1:5000", capabilities: ["pull"], skipVerify: true },
      ],
    }),
    `# Written by Hostwright (role containerd). Changes made here are undone by its next run.
server = "https://registry-1.docker.io"

[host."https://mirror.example.com"]
  capabilities = ["pull","resolve"]
  ca = "/etc/ssl/mirror.pem"

[host."http://10.0.0.1:5000"]
  capabilities = ["pull"]
  skip_verify = true
`,
  );
});
