import type { HostReadiness } from "../../lib/reads/host-readiness-record.ts";
import type { ClockOffset } from "./clock.ts";

export type Role = "control plane" | "worker";

/** A host as the parameters name it. */
export interface PreflightNode {
  readonly name: string;
  readonly address: string;
  readonly role: Role;
}

/** A node that has answered. */
export interface ToldNode {
  readonly kind: "told";
  readonly node: PreflightNode;
  readonly readiness: HostReadiness;
  readonly offset: ClockOffset;
}

/** What came of asking a node; `why` says that it cannot be reached, or asked, and the cause. */
export type NodeAnswer = ToldNode | { readonly kind: "lost"; readonly node: PreflightNode; readonly why: string };
