import { isAbsolute, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const EXPECTED = "has to be an absolute path or a file: URL, such as new URL('files/motd', import.meta.url)";

/**
 * A file or directory of the machine that runs the playbook. A relative path is refused, since it would depend on where
 * the playbook was started; `new URL(…, import.meta.url)` is relative to the file that says it.
 */
export const ControllerPath = z
  .union([z.string(), z.instanceof(URL)], { error: EXPECTED })
  .transform((value, context) => {
    const text = String(value);
    if (isAbsolute(text)) return resolve(text);
    if (text.startsWith("file:")) {
      try {
        return fileURLToPath(text);
      } catch {
        // Told below: a URL with a host, or with an encoded slash.
      }
    }
    context.addIssue({ code: "custom", message: `${EXPECTED}; found ${JSON.stringify(text)}` });
    return z.NEVER;
  });
