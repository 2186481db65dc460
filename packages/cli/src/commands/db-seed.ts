import { seedDatabase } from "@oroboros/operations";
import { optionalRunId, parseSlot, seedVersion } from "../command-input.ts";
import type { RunCommand } from "../command.ts";
import { describe, describeWithList } from "../table.ts";
import { withInterruptible } from "../with-operations.ts";

export const dbSeed: RunCommand = async (context) => {
  const { input } = context;
  const request = {
    runId: optionalRunId(input),
    force: input.flag("force"),
    seedVersion: seedVersion(input),
    dryRun: input.flag("dryRun"),
  };
  const report = await withInterruptible(context, (operations) =>
    seedDatabase(operations, { ...request, slot: parseSlot(operations.contract, input, "--slot") }),
  );
  return {
    ok: true,
    fields: report,
    text: "plan" in report ? describeWithList(report, report.plan) : describe(report),
  };
};
