import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { defineAction } from "../../lib/engine/action.ts";
import { TaskError } from "../../lib/errors.ts";
import { textFile } from "../../lib/reads/text-file.ts";
import { ADMIN_CONF } from "../kubeadm/cluster.ts";
import { mergeKubeconfig } from "./merge.ts";

interface Fetched {
  readonly changed: boolean;
}

/** Nobody but its owner may read a kubeconfig: it is a key to everything. */
const MODE = 0o600;

/** Fetches the administrator's kubeconfig of this control plane into a file of the controller's. */
export const fetchKubeconfig = defineAction({
  name: "fetchKubeconfig",
  params: z.strictObject({ file: z.string(), context: z.string(), server: z.string().optional() }),
  changes: true,
  changed: ({ changed }: Fetched) => changed,
  subject: ({ file, context }) => `context ${context} in ${file}`,
  async run(context, { file, ...wanted }): Promise<Fetched> {
    const admin = await context.read(textFile(ADMIN_CONF));
    if (admin.kind !== "text") {
      throw new TaskError(`${context.host}: ${ADMIN_CONF} is missing: no control plane was formed here`);
    }
    const old = existsSync(file) ? readFileSync(file, "utf8") : "";
    const text = mergeKubeconfig(old, admin.text, wanted, file);
    if (text === old && (statSync(file).mode & 0o777) === MODE) return { changed: false };
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(`${file}.new`, text, { mode: MODE });
    renameSync(`${file}.new`, file);
    return { changed: true };
  },
});
