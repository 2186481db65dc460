import { allocateSlot, planAllocation, type AllocateReport } from "@oroboros/operations";
import { OperatorError } from "@oroboros/slot-contract";
import { databaseChoice, parseRunId } from "../command-input.ts";
import type { CommandOutcome, RunCommand } from "../command.ts";
import { describe, describeWithList } from "../table.ts";
import { withOperations } from "../with-operations.ts";

export const slotsAllocate: RunCommand = async (context) => {
  const { input } = context;
  const request = databaseChoice(input);
  if (input.flag("dryRun")) {
    const named = input.text("runId") === "dry-run" ? {} : { runId: parseRunId(input.text("runId"), "--run-id") };
    return outcomeOf(
      await withOperations(context, (operations) => planAllocation(operations, { ...request, ...named })),
    );
  }
  const runId = parseRunId(input.text("runId"), "--run-id");
  return outcomeOf(await withOperations(context, (operations) => allocateSlot(operations, { ...request, runId })));
};

function outcomeOf(report: AllocateReport): CommandOutcome {
  if ("dry_run" in report) return { ok: true, fields: report, text: describeWithList(report, report.plan) };
  if (report.acquired) return { ok: true, fields: report, text: `${describe(report)}\n${describe(report.reset)}` };
  const error = new OperatorError(
    "no_free_slot",
    `No slot is free: the run waits at position ${report.queue_position}.`,
    {
      hint: "It starts by itself when a slot is free. Free one with: oroboros slots release <slot>",
    },
  );
  return { ok: false, fields: report, error };
}
