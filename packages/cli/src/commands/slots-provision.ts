import { provisionHostSlots } from "@oroboros/operations";
import type { RunCommand } from "../command.ts";
import { contractAt } from "../contract-at.ts";
import { plain } from "../table.ts";

export const slotsProvision: RunCommand = async (context) => {
  const { input, world, progress } = context;
  const { root } = contractAt(context, { usual: "/" });
  const dryRun = input.flag("dryRun");
  const report = await provisionHostSlots({
    root,
    uid: world.user.uid,
    clock: world.clock,
    dryRun,
    replace: input.flag("replace"),
    onStage: progress,
  });
  const list = dryRun ? report.plan : report.changed;
  const text = list.length === 0 ? ["Already so: nothing is to be done."] : list.map((item) => `  - ${plain(item)}`);
  return { ok: true, fields: { dry_run: dryRun, ...report }, text: [report.slots.join(", "), ...text].join("\n") };
};
