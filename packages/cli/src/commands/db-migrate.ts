import { migrateDatabase } from "@oroboros/operations";
import { optionalRunId, parseSlot } from "../command-input.ts";
import type { RunCommand } from "../command.ts";
import { describeWithList } from "../table.ts";
import { withOperations } from "../with-operations.ts";

export const dbMigrate: RunCommand = async (context) => {
  const { input } = context;
  const request = { runId: optionalRunId(input), force: input.flag("force"), dryRun: input.flag("dryRun") };
  const report = await withOperations(context, (operations) =>
    migrateDatabase(operations, { ...request, slot: parseSlot(operations.contract, input, "--slot") }),
  );
  return {
    ok: true,
    fields: report,
    text: describeWithList(
      report,
      "plan" in report ? report.plan : "applied" in report ? report.applied : report.output,
    ),
  };
};
