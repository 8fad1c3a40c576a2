import test from "ava";
import { UsageError } from "../../../lib/errors.ts";
import { helm } from "../../../roles/helm/index.ts";

const named = (params: Parameters<typeof helm>[0]) =>
  helm(params).tasks.map(({ name, subject }) => `${name} ${subject}`);
const sha256 = "c".repeat(64);

test("upstream's package, at a release of whatever revision", (t) => {
  t.deepEqual(named({ version: "3.21.4" }).slice(1), [
    "directory /etc/apt/keyrings",
    "command signing key from https://packages.buildkite.com/helm-linux/helm-debian/gpgkey",
    "file /etc/apt/sources.list.d/helm.list",
    "file /etc/apt/sources.list.d/helm.sources",
    "apt helm=3.21.4*",
  ]);
  t.is(named({}).at(-1), "apt helm");
  t.is(named({ version: "3.21.4-1" }).at(-1), "apt helm=3.21.4-1");
  t.is(named({ version: "3.*" }).at(-1), "apt helm=3.*");
});

test("a program is kept under its digest", (t) => {
  t.deepEqual(named({ program: { url: "https://get.helm.sh/helm-v3.21.4-linux-amd64.tar.gz", sha256 } }), [
    "apt ca-certificates curl",
    "command helm from https://get.helm.sh/helm-v3.21.4-linux-amd64.tar.gz",
    "symlink /usr/local/bin/helm",
  ]);
});

test("a version is that of a package", (t) => {
  t.throws(() => helm({ version: "3.21.4", program: { url: "https://a/helm", sha256 } }), {
    instanceOf: UsageError,
    message: /version: is that of a package/,
  });
});
