import { resetDatabase, type Context, type DatabaseChoice } from "@oroboros/operations";
import { databaseChoice, optionalRunId, parseSlot } from "../command-input.ts";
import type { CommandContext, CommandOutcome, RunCommand } from "../command.ts";
import { describeWithList } from "../table.ts";
import { withInterruptible } from "../with-operations.ts";

/** An empty database with main's migrations. */
export const dbReset: RunCommand = (context) => reset(context, { seedVersion: null });

/** The same with a seed, or a copy of a snapshot. */
export const dbResetAndSeed: RunCommand = (context) => reset(context, databaseChoice(context.input));

async function reset(context: CommandContext, choice: DatabaseChoice): Promise<CommandOutcome> {
  const { input } = context;
  const runId = optionalRunId(input);
  const report = await withInterruptible(context, (operations: Context) =>
    resetDatabase(operations, {
      slot: parseSlot(operations.contract, input, "--slot"),
      runId,
      force: input.flag("force"),
      ...choice,
      dryRun: input.flag("dryRun"),
    }),
  );
  return {
    ok: true,
    fields: report,
    text: describeWithList(report, "plan" in report ? report.plan : (report.pending_migrations ?? [])),
  };
}
