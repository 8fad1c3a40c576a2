import { z } from "zod";
import { type Change, pending, predict, unknowableWhere } from "../engine/plan.ts";
import { defineTask } from "../engine/task.ts";
import { HostName } from "../params/network.ts";
import { pathOfRead } from "../reads/about-path.ts";
import { fileContent, fileDigest, sha256 } from "../reads/file-content.ts";
import { hostname as hostnameRead } from "../reads/hostname.ts";
import { path as pathState } from "../reads/path.ts";
import { sysctlValue } from "../reads/sysctl.ts";
import { content, sh } from "../shell/sh.ts";
import { replaceFile } from "./install-file.ts";

/**
 * The host's own name, now and after each boot.
 *
 * It is given to the kernel and to /etc/hostname directly, without a message bus or tools that a small system lacks.
 * /etc/hosts is another matter: see hostsEntry, and demand that before, since sudo looks up the host's own name each time
 * and waits for a name server that does not know it.
 *
 * @example
 * hostname({ name: "cp-1" });
 * @throws UsageError for parameters that are not valid
 * @see hostname(5), hostname(7)
 */
export const hostname = defineTask({
  name: "hostname",
  params: z.strictObject({ name: HostName.refine((name) => name.length <= 64, "has to be 64 characters at most") }),
  subject: ({ name }) => name,
  reads: () => ({ state: hostnameRead }),
  plan({ name }, { state }) {
    const changes: Change[] = [];
    if (state.live !== name) {
      changes.push({
        what: "name now",
        from: state.live,
        to: name,
        commands: [sh`printf '%s\n' ${name} >/proc/sys/kernel/hostname`],
        predicts: [
          predict(hostnameRead, { live: name, saved: state.saved }),
          predict(sysctlValue("kernel.hostname"), name),
        ],
      });
    }
    if (state.saved !== name) {
      const bytes = Buffer.from(`${name}\n`);
      changes.push({
        what: `name in ${FILE}`,
        from: state.saved ?? "absent",
        to: name,
        // A container may have this file mounted by itself: it cannot be renamed then, and is overwritten.
        commands: [
          sh`{ ${replaceFile({ ...file, bytes })}; } || { mountpoint -q ${FILE} && ${content(bytes)} >${FILE}; }`,
        ],
        predicts: [
          predict(hostnameRead, { live: name, saved: name }),
          unknowableWhere((read) => pathOfRead(read) === FILE),
          predict(pathState(FILE), { type: "file", mode: "0644", owner: "root", group: "root" }),
          predict(fileContent(FILE, bytes, { secret: false }), { kind: "same" }),
          predict(fileDigest(FILE), sha256(bytes)),
        ],
      });
    }
    return pending(changes, "now and after a reboot");
  },
});

const FILE = "/etc/hostname";
const file = { path: FILE, secret: false, mode: "0644", owner: "root", group: "root" };
