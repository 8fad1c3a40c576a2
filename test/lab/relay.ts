import { connect, createServer, type Server, type Socket } from "node:net";
import { parseArgs } from "node:util";

/**
 * A TCP relay that makes a line longer: every chunk arrives half a round-trip time later, in order, and as many at a
 * time as there are, so that only time is added, not a limit of throughput. For kernels without `tc netem`, and for
 * counting what crosses the line. It also plays a line that breaks.
 */
export interface Relay {
  readonly port: number;
  /** Connections accepted so far. */
  readonly connections: number;
  /** Bytes from clients to the server. */
  readonly bytesUp: number;
  readonly bytesDown: number;
  /**
   * How often a client spoke after the server had: each is a moment at which the client waited for the line. It counts
   * what is seen here; two answers that cross on the line are one turn.
   */
  readonly roundTrips: number;
  /** From now on nothing gets through and nobody is told: a cable pulled out. New connections are accepted, and silent. */
  dropSilently(): void;
  /** Ends the drop; what was sent meanwhile stays lost, so connections of that time are broken. */
  resume(): void;
  /** Resets all connections. New ones work. */
  cut(): void;
  close(): Promise<void>;
}

export interface RelayOptions {
  readonly to: { readonly host: string; readonly port: number };
  readonly rttMs?: number;
}

export async function startRelay({ to, rttMs = 0 }: RelayOptions): Promise<Relay> {
  const counters = { connections: 0, bytesUp: 0, bytesDown: 0, roundTrips: 0 };
  const sockets = new Set<Socket>();
  let dropping = false;

  const forward = (from: Socket, into: Socket, onChunk: (bytes: number) => void) => {
    const line = delayLine(rttMs / 2);
    from.on("data", (chunk) => {
      if (dropping) return;
      onChunk(chunk.length);
      line(() => {
        if (dropping || into.destroyed) return;
        // Back pressure, or a fast sender fills this process's memory: `from` waits as on a full line.
        if (!into.write(chunk)) {
          from.pause();
          into.once("drain", () => from.resume());
        }
      });
    });
    from.on("end", () => line(() => dropping || into.end()));
    from.on("error", () => {}); // "close" follows and passes it on
    from.on("close", (failed) => {
      sockets.delete(from);
      if (failed && !dropping) line(() => into.resetAndDestroy());
    });
  };

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    counters.connections += 1;
    const upstream = connect({ ...to, noDelay: true, allowHalfOpen: true });
    sockets.add(client).add(upstream);
    let lastSpoke: "client" | "server" = "client";
    forward(client, upstream, (bytes) => {
      counters.bytesUp += bytes;
      if (lastSpoke === "server") counters.roundTrips += 1;
      lastSpoke = "client";
    });
    forward(upstream, client, (bytes) => {
      counters.bytesDown += bytes;
      lastSpoke = "server";
    });
  });
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const port = await listen(server);
  return {
    port,
    get connections() {
      return counters.connections;
    },
    get bytesUp() {
      return counters.bytesUp;
    },
    get bytesDown() {
      return counters.bytesDown;
    },
    get roundTrips() {
      return counters.roundTrips;
    },
    dropSilently() {
      dropping = true;
    },
    resume() {
      dropping = false;
    },
    cut,
    close() {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      cut();
      return promise;
    },
  };
}

/** Runs what is put in a fixed time later, in order: one timer for the first in line, not one for each chunk. */
function delayLine(delayMs: number): (deliver: () => void) => void {
  if (delayMs === 0) return (deliver) => deliver();
  const queue: { readonly dueAt: number; readonly deliver: () => void }[] = [];
  const deliverDue = () => {
    // Timers count whole milliseconds and may come up to one too early.
    for (let first = queue[0]; first && first.dueAt <= performance.now() + 0.5; first = queue[0]) {
      queue.shift();
      first.deliver();
    }
    const [next] = queue;
    if (next) setTimeout(deliverDue, next.dueAt - performance.now());
  };
  return (deliver) => {
    queue.push({ dueAt: performance.now() + delayMs, deliver });
    if (queue.length === 1) setTimeout(deliverDue, delayMs);
  };
}

async function listen(server: Server): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has an address with a port");
  return address.port;
}

/** `node test/lab/relay.ts --to 10.88.0.11:22 --to 10.88.0.12:22 --rtt 50` prints {"10.88.0.11:22":PORT,…} and runs on. */
if (import.meta.main) {
  const options = { to: { type: "string", multiple: true }, rtt: { type: "string" } } as const;
  const { values } = parseArgs({ options });
  const ports: Record<string, number> = {};
  for (const target of values.to ?? []) {
    const [, host, port] = /^(.+):(\d+)$/.exec(target) ?? [];
    if (!host) throw new Error(`--to ${target}: expected HOST:PORT`);
    ports[target] = (await startRelay({ to: { host, port: Number(port) }, rttMs: Number(values.rtt ?? 0) })).port;
  }
  process.stdout.write(`${JSON.stringify(ports)}\n`);
}
