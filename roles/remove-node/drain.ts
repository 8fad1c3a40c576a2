import { z } from "zod";
import { defineAction } from "../../lib/engine/action.ts";
import { CommandError } from "../../lib/errors.ts";
import { sh } from "../../lib/shell/sh.ts";
import { ADMIN_CONF } from "../kubeadm/cluster.ts";

/**
 * On a control plane: moves pods off a node, as far as disruption budgets let them go.
 *
 * @see Kubernetes documentation, "Safely Drain a Node"
 */
export const drain = defineAction({
  name: "drain",
  params: z.strictObject({ node: z.string(), deadlineMs: z.int().positive() }),
  changes: true,
  subject: ({ node }) => node,
  async run(context, { node, deadlineMs }) {
    const seconds = Math.ceil(deadlineMs / 1000);
    const text = sh`kubectl --kubeconfig ${ADMIN_CONF} drain ${node} --ignore-daemonsets --delete-emptydir-data --force --timeout ${`${seconds}s`}`;
    const { status, output } = await context.run(text, { deadlineMs: deadlineMs + 30_000 });
    if (status === 0) return;
    const said = output.filter((line) => !line.startsWith("evicting pod")).slice(-3);
    throw new CommandError(
      `${context.host}: ${node} could not be drained within ${seconds} s: ${said.join(" / ")}\n` +
        "  A disruption budget may forbid it: give its pods another node to run on, or a longer drainSeconds.",
      { status, output },
    );
  },
});
