import { once } from "node:events";
import type { Server } from "node:http";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createFileServer } from "./file-server.ts";
import { createRegistry } from "./registry.ts";

/** The process that serves the mirror: `server.ts --directory DIR --address A --registry-port P --files-port P`. */
const text = { type: "string", default: "" } as const;
const { values } = parseArgs({
  options: { directory: text, address: text, "registry-port": text, "files-port": text },
});

async function listen(server: Server, port: string): Promise<void> {
  server.listen(Number(port), values.address);
  await once(server, "listening");
}

try {
  await listen(createRegistry(join(values.directory, "registry")), values["registry-port"]);
  await listen(createFileServer(join(values.directory, "files")), values["files-port"]);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
}
