import { resetDatabase, type Context } from "@oroboros/operations";
import { optionalRunId, parseSlot, seedVersion } from "../command-input.ts";
import type { CommandContext, CommandOutcome, RunCommand } from "../command.ts";
import { describeWithList } from "../table.ts";
import { withOperations } from "../with-operations.ts";

/** An empty database with main's migrations. */
export const dbReset: RunCommand = (context) => reset(context, null);

/** The same with a seed. */
export const dbResetAndSeed: RunCommand = (context) => reset(context, seedVersion(context.input));

async function reset(context: CommandContext, version: string | null): Promise<CommandOutcome> {
  const { input } = context;
  const runId = optionalRunId(input);
  const report = await withOperations(context, (operations: Context) =>
    resetDatabase(operations, {
      slot: parseSlot(operations.contract, input, "--slot"),
      runId,
      force: input.flag("force"),
      seedVersion: version,
      dryRun: input.flag("dryRun"),
    }),
  );
  return {
    ok: true,
    fields: report,
    text: describeWithList(report, "plan" in report ? report.plan : (report.pending_migrations ?? [])),
  };
}
