import type { ActionContext } from "../../../lib/engine/action.ts";
import { type HostFacts, hostFacts } from "../../../lib/engine/facts.ts";
import { readId } from "../../../lib/engine/read.ts";
import { describe } from "../../../lib/shell/sh.ts";

const facts = { os: "debian", osVersion: "12", osCodename: "bookworm", architecture: "x86_64", kernel: "6.1" } as const;

/** A host of a story: what it answers to commands and boots, and a clock that only sleeps move. */
export interface Story {
  run?: () => { status: number; output: readonly string[] };
  reconnect?: () => void;
  /** The boot ids that it answers with, in turn; the last one from then on. */
  bootIds?: readonly string[];
}

/** A context that plays a story, and what it was asked to do. */
export function contextOf(story: Story): { context: ActionContext; commands: string[]; clock: { now: number } } {
  const commands: string[] = [];
  const clock = { now: 0 };
  const bootIds = [...(story.bootIds ?? [])];
  const context: ActionContext = {
    host: "web-1",
    read: async (read) => {
      if (readId(read) !== readId(hostFacts("host"))) throw new Error(`the story has no ${read.kind.name}`);
      const bootId = (bootIds.length > 1 ? bootIds.shift() : bootIds[0]) ?? "";
      const answer: HostFacts = { ...facts, cgroupVersion: 2, bootId };
      return answer as never;
    },
    run: async (text) => {
      commands.push(describe(text));
      return story.run?.() ?? { status: 0, output: [] };
    },
    reconnect: async () => story.reconnect?.(),
    sleep: async (ms) => {
      clock.now += ms;
    },
    now: () => clock.now,
  };
  return { context, commands, clock };
}
