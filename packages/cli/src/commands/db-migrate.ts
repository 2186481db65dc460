import { migrateDatabase } from "@oroboros/operations";
import { optionalRunId, parseSlot } from "../command-input.ts";
import type { RunCommand } from "../command.ts";
import { describeDestructive } from "../describe-destructive.ts";
import { describeWithList } from "../table.ts";
import { withInterruptible } from "../with-operations.ts";

export const dbMigrate: RunCommand = async (context) => {
  const { input } = context;
  const request = { runId: optionalRunId(input), force: input.flag("force"), dryRun: input.flag("dryRun") };
  const report = await withInterruptible(context, (operations) =>
    migrateDatabase(operations, { ...request, slot: parseSlot(operations.contract, input, "--slot") }),
  );
  const list = "plan" in report ? report.plan : "applied" in report ? report.applied : report.output;
  const destructive = describeDestructive("plan" in report ? report.destructive_statements : null);
  return { ok: true, fields: report, text: [describeWithList(report, list), ...destructive].join("\n\n") };
};
