/** How long each wait on a host may take, in milliseconds. Every wait has one, and its name is in the error. */
export interface Deadlines {
  /** TCP connection, key exchange and login. */
  readonly connectMs: number;
  /** From the login to a root shell that answers; includes sudo. */
  readonly privilegeMs: number;
  /** All reads of a frame together. */
  readonly readMs: number;
  /** The commands of one task; a change may name its own. */
  readonly changeMs: number;
  /** From asking a frame to stop (TERM) to ending it (KILL), and from there to giving the session up. */
  readonly stopMs: number;
  /** Between two signs of life from the host; three missing ones end the connection. */
  readonly keepaliveMs: number;
  /** For a change of a run whose controller is gone to end, before the lock is given up on. */
  readonly lockMs: number;
}

export const defaultDeadlines: Deadlines = {
  connectMs: 20_000,
  privilegeMs: 15_000,
  readMs: 60_000,
  changeMs: 600_000,
  stopMs: 5_000,
  keepaliveMs: 5_000,
  lockMs: 60_000,
};

/** One wait: its name and how long it may last from now. */
export interface Deadline {
  readonly name: string;
  readonly ms: number;
}
