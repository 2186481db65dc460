import { runIdArgument } from "../command-input.ts";
import type { CommandContext, CommandOutcome, RunCommand } from "../command.ts";
import { connectApi } from "../connect-api.ts";
import { findLiveChild } from "../dry-run/find-live-child.ts";
import { judgeAnother } from "../dry-run/judge-move.ts";
import { planRunAction } from "../dry-run/plan-run-action.ts";
import type { RunFacts } from "../dry-run/run-facts.ts";
import { describe } from "../table.ts";

export const runsRetry: RunCommand = (context) => again(context, "retry");
export const runsResume: RunCommand = (context) => again(context, "resume");

async function again(context: CommandContext, by: "retry" | "resume"): Promise<CommandOutcome> {
  const runId = runIdArgument(context.input);
  const api = await connectApi(context);
  if (context.input.flag("dryRun")) {
    const judge = async (run: RunFacts) => judgeAnother(run, by, await findLiveChild(api, runId));
    return planRunAction(api, { runId, needs: "agent", judge });
  }
  const child = await (by === "retry" ? api.retryRun(runId) : api.resumeRun(runId));
  return { ok: true, fields: child, text: describe(child) };
}
