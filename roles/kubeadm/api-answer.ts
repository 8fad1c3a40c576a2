import { defineRead } from "../../lib/engine/read.ts";
import { joinSh, rawSh, sh } from "../../lib/shell/sh.ts";

/**
 * Whether an API server answers under an address, whoever it is: `silent`, or its status. A balancer that has no server
 * behind it closes the connection, which is silence.
 */
export const apiAnswer = defineRead<string>({
  name: "api-answer",
  outlastsPackages: true,
  ask: (urls) =>
    joinSh([
      rawSh(`hw_api() {
  if command -v curl >/dev/null; then hw_a=$(curl -ks -o /dev/null -m 5 -w '%{http_code}' "$1/readyz")
  elif command -v kubectl >/dev/null; then hw_a=$(kubectl --kubeconfig /dev/null -s "$1" --insecure-skip-tls-verify --request-timeout 5s get --raw /readyz 2>&1) && hw_a=200 || case $hw_a in *rror\\ from\\ server*) hw_a=500;; *) hw_a=000;; esac
  else hw_a=000; fi
  case $hw_a in 000|'') echo silent;; *) echo "$hw_a";; esac
}`),
      ...urls.map((url) => sh`hw_api ${url}`),
    ]),
  split: (output, keys) => {
    const lines = output.toString("latin1").split("\n");
    return keys.map((_, index) => Buffer.from(`${lines[index] ?? ""}\n`, "latin1"));
  },
  parse: (record) => record.toString("latin1").trim(),
  deadlineMs: 30_000,
});
