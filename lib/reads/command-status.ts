import { defineRead } from "../engine/read.ts";
import { joinSh, sh } from "../shell/sh.ts";

/**
 * The exit status of a shell text that only looks. It runs in a shell of its own, so that neither a syntax error nor an
 * `exit` reaches what is asked beside it, nor does it see anything of the session; it has no input, and what it prints
 * is dropped.
 */
export const commandStatus = defineRead<number>({
  name: "command",
  fragile: true,
  ask: (texts) => joinSh(texts.map((text) => sh`sh -c ${text} </dev/null >/dev/null 2>&1; echo "$?"`)),
  split: (output, keys) => {
    const lines = output.toString("latin1").split("\n");
    return keys.map((_, index) => Buffer.from(`${lines[index] ?? ""}\n`, "latin1"));
  },
  parse: (record, key) => {
    const status = Number.parseInt(record.toString("latin1"), 10);
    if (!Number.isInteger(status)) throw new Error(`no exit status of ${JSON.stringify(key)}`);
    return status;
  },
});
