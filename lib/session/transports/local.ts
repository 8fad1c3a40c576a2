import { spawn } from "node:child_process";
import type { StreamEnd, Transport } from "../transport.ts";

/** The controller itself as a host: a child process in place of a login. */
export function localTransport(): Transport {
  return {
    name: "local",
    async open(commandLine) {
      const child = spawn("/bin/sh", ["-c", commandLine], { stdio: "pipe", detached: true });
      const ended = new Promise<StreamEnd>((resolve) => {
        child.once("error", (error) => resolve({ error }));
        child.once("close", (status, signal) =>
          resolve({ ...(status === null ? {} : { status }), ...(signal === null ? {} : { signal }) }),
        );
      });
      return { stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, ended };
    },
    close() {},
  };
}
