import { parseRunId } from "../command-input.ts";
import type { CommandContext, CommandOutcome, RunCommand } from "../command.ts";
import { connectApi } from "../connect-api.ts";
import { planRunAction } from "../plan-run-action.ts";
import { describe } from "../table.ts";

export const runsRetry: RunCommand = (context) => again(context, "retryRun");
export const runsResume: RunCommand = (context) => again(context, "resumeRun");

const PLAN = {
  retryRun: "queue a new run of the branch or commit that it was asked for",
  resumeRun: "queue a new run of exactly its commit",
};

async function again(context: CommandContext, by: keyof typeof PLAN): Promise<CommandOutcome> {
  const runId = parseRunId(context.input.text("run_id"));
  const api = await connectApi(context);
  if (context.input.flag("dryRun")) return planRunAction(api, runId, [PLAN[by]]);
  const child = await api[by](runId);
  return { ok: true, fields: child, text: describe(child) };
}
