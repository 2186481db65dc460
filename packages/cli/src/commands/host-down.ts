import { downHost } from "@oroboros/operations";
import type { RunCommand } from "../command.ts";
import { contractAt } from "../contract-at.ts";

export const hostDown: RunCommand = async (context) => {
  const { world, progress } = context;
  const { root } = contractAt(context, { usual: "/" });
  const report = await downHost({ root, uid: world.user.uid, clock: world.clock, onStage: progress });
  const { stopped } = report;
  const text =
    stopped.length === 0
      ? "Already so: nothing was running."
      : `Stopped ${stopped.length} units. PostgreSQL and Redis go on.`;
  return { ok: true, fields: report, text };
};
