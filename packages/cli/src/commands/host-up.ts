import { upHost } from "@oroboros/operations";
import type { RunCommand } from "../command.ts";
import { contractAt } from "../contract-at.ts";
import { plain, table } from "../table.ts";

export const hostUp: RunCommand = async (context) => {
  const { world, progress } = context;
  const { root } = contractAt(context, { usual: "/" });
  const report = await upHost({ root, uid: world.user.uid, clock: world.clock, onStage: progress });
  const rows = report.services.map(({ service, unit, target }) => [service, unit, target]);
  const { restarted } = report;
  const renewed = restarted.length === 0 ? [] : [`Restarted, for what has changed: ${plain(restarted.join(" "))}`];
  const said =
    report.started || restarted.length > 0
      ? `${report.target} is up: everything is healthy after ${report.duration_ms} ms.`
      : `Already so: ${report.target} is up, and everything is healthy.`;
  return { ok: true, fields: report, text: [table(["service", "unit", "asked"], rows), ...renewed, said].join("\n") };
};
