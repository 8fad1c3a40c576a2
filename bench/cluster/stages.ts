/** The stages on the way from bare hosts to a cluster that works, in the order in which both runners go through them. */
export const stages = [
  "connect",
  "prepare",
  "balancer",
  "packages",
  "init",
  "joins",
  "worker",
  "network",
  "load balancer",
  "smoke test",
] as const;

export type Stage = (typeof stages)[number];

/** A line that a runner has printed, and when. */
export interface Line {
  readonly atMs: number;
  readonly text: string;
}

/** Milliseconds of each stage. */
export type StageTimes = Readonly<Partial<Record<Stage, number>>>;

/** Which stage a line says has begun, if any. */
export type Begins = (text: string) => Stage | undefined;

/**
 * Each stage lasts until the next one begins, the last one until the end; the first one begins with the process. A stage
 * begins with the first line that says so.
 */
export function stageTimes(lines: readonly Line[], endMs: number, begins: Begins): StageTimes {
  const starts = new Map<Stage, number>([["connect", 0]]);
  for (const { atMs, text } of lines) {
    const stage = begins(text);
    if (stage !== undefined && !starts.has(stage)) starts.set(stage, atMs);
  }
  const known = [...starts];
  return Object.fromEntries(known.map(([stage, atMs], at) => [stage, (known[at + 1]?.[1] ?? endMs) - atMs]));
}

/** Titles of the plays of playbooks/site.mts. */
const plays: Readonly<Record<string, Stage>> = {
  "Prepare every node": "prepare",
  "Balance the API": "balancer",
  "Install Kubernetes": "packages",
  "Form the control plane": "init",
  "Join the workers": "worker",
  "Connect the pods": "network",
  "Prove it": "smoke test",
};

/** The events of a run as lines of JSON. Looking before anything is changed is part of `connect`. */
export function ofEvents(text: string): Stage | undefined {
  const event: Readonly<Record<string, unknown>> = JSON.parse(text);
  if (event.event === "play-started") return plays[String(event.play)];
  // One control plane after the other, the one that forms the cluster first.
  if (event.event === "host-finished" && plays[String(event.play)] === "init") return "joins";
  return event.role === "metallb" ? "load balancer" : undefined;
}

/** The script's `== NAME`. */
export function ofScript(text: string): Stage | undefined {
  return stages.find((stage) => text === `== ${stage}`);
}
